import assert from "node:assert/strict";
import { test } from "node:test";

import { QualityMeter, errorCode, networkOf } from "../../../web/quality.js";

function meter() {
  const clock = { ms: 1000 };
  const made = new QualityMeter({ now: () => clock.ms });
  return { made, pass: (ms) => { clock.ms += ms; } };
}

test("the start-up is from the wish to the first picture, and is told once", () => {
  const { made, pass } = meter();
  pass(640);
  made.playing();
  pass(10_000);
  assert.equal(made.report().startup_ms, 640);
  pass(10_000);
  assert.equal(made.report().startup_ms, undefined);
});

test("waiting is a rebuffer where nobody asked for it, and reports add up", () => {
  const { made, pass } = meter();
  made.playing();
  pass(5000);
  made.waiting();
  pass(700);
  const first = made.report();
  pass(300);
  made.playing();
  pass(4000);
  const second = made.report();
  assert.deepEqual([first.playing_ms, first.rebuffer_ms, first.rebuffer_count], [5000, 700, 1]);
  assert.deepEqual([second.playing_ms, second.rebuffer_ms, second.rebuffer_count], [4000, 300, 0]);
});

test("neither a seek, nor a pause, nor the start-up is a rebuffer", () => {
  const { made, pass } = meter();
  made.waiting();
  pass(900);
  made.playing();
  pass(1000);
  made.waiting({ seeking: true });
  pass(500);
  made.playing();
  pass(1000);
  made.stopped();
  pass(60_000);
  const told = made.report();
  assert.deepEqual([told.playing_ms, told.rebuffer_ms, told.rebuffer_count], [2000, 0, 0]);
});

test("the bitrate is the mean over the time played, and a change of it a switch", () => {
  const { made, pass } = meter();
  made.rendition(1000, 4000);
  made.playing();
  pass(1000);
  made.rendition(4000, 4000);
  pass(3000);
  const told = made.report();
  assert.deepEqual([told.bitrate_kbps, told.top_bitrate_kbps, told.rendition_switches],
    [3250, 4000, 1]);
});

test("nothing new is not reported, a failure is, once", () => {
  const { made } = meter();
  assert.equal(made.report(), null);
  made.error("fragLoadError.503", { fatal: true });
  const told = made.report();
  assert.deepEqual([told.failed, told.error_codes], [true, ["fragLoadError.503"]]);
  assert.equal(made.report(), null);
});

test("an event takes no more than eight codes, of plain characters", () => {
  const { made } = meter();
  for (let n = 0; n < 20; n += 1) made.error(`code.${n}`);
  assert.equal(made.report().error_codes.length, 8);
  assert.equal(errorCode("frag load", 503), "frag-load.503");
  assert.equal(errorCode(undefined), "unknown");
  assert.equal(errorCode("x".repeat(99)).length, 64);
});

test("the network is one of four words or not told", () => {
  assert.equal(networkOf(undefined), undefined);
  assert.equal(networkOf({ type: "unknown" }), undefined);
  assert.equal(networkOf({ type: "wifi" }), "wifi");
  assert.equal(networkOf({ type: "wimax" }), "other");
});
