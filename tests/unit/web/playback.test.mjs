import assert from "node:assert/strict";
import { test } from "node:test";

import { Playback, SETTINGS, worthAnotherTry } from "../../../web/playback.js";
import { secondsOf, thumbnailAt, thumbnailsOf, timeWords } from "../../../web/thumbnails.js";

const RETRY = { maxNumRetry: 10 };

test("a node that died is asked again, a refusal is not", () => {
  for (const status of [0, 500, 502, 503, 504, 429]) assert.ok(worthAnotherTry(RETRY, 9, status));
  for (const status of [400, 401, 403, 404]) assert.ok(!worthAnotherTry(RETRY, 0, status));
  assert.ok(!worthAnotherTry(RETRY, 10, 503));
  assert.ok(!worthAnotherTry(null, 0, 503));
});

test("what could not be read is fetched twice more and not for ever", () => {
  assert.deepEqual([0, 1, 2].map((count) => worthAnotherTry(RETRY, count, undefined)),
    [true, true, false]);
});

test("a store that is away for a minute is outlasted", () => {
  const { errorRetry } = SETTINGS.fragLoadPolicy.default;
  let waited = 0;
  for (let count = 0; errorRetry.shouldRetry(errorRetry, count, false, { code: 503 }); count += 1) {
    waited += Math.min(errorRetry.maxRetryDelayMs, errorRetry.retryDelayMs * 2 ** count);
  }
  assert.ok(waited >= 55_000, `${waited} ms, and 30 s of buffer beside it`);
});

const VTT = `WEBVTT

00:00.000 --> 00:04.000
sprite-001.jpg#xywh=0,0,160,90

00:04.000 --> 00:08.000
sprite-001.jpg#xywh=160,0,160,90

1:00:00.000 --> 1:00:04.000
sprite-002.jpg#xywh=0,90,160,90
`;

test("a thumbnail track is times and parts of sprites", () => {
  const cues = thumbnailsOf(VTT);
  assert.equal(cues.length, 3);
  assert.deepEqual(cues[1], { from: 4, to: 8, file: "sprite-001.jpg", x: 160, y: 0, width: 160,
    height: 90 });
  assert.equal(cues[2].from, 3600);
  assert.deepEqual(thumbnailsOf("<Error/>"), []);
});

test("the thumbnail of a moment is of the cue that holds it", () => {
  const cues = thumbnailsOf(VTT);
  assert.equal(thumbnailAt(cues, 0).x, 0);
  assert.equal(thumbnailAt(cues, 4.5).x, 160);
  assert.equal(thumbnailAt(cues, 9999).file, "sprite-002.jpg");
  assert.equal(thumbnailAt([], 3), null);
});

test("times in words", () => {
  assert.equal(secondsOf("01:02.500"), 62.5);
  assert.equal(timeWords(62.9), "1:02");
  assert.equal(timeWords(3661), "1:01:01");
  assert.equal(timeWords(Number.NaN), "–:––");
});

/** A playback of fakes that has begun: the video's listeners, and where its events went. */
async function playing({ send }) {
  globalThis.navigator ??= {};
  const heard = new Map(), put = [], sent = [];
  const video = {
    currentTime: 12, duration: 100, addEventListener: (name, call) => heard.set(name, call),
    removeEventListener() {}, removeAttribute() {}, load() {}, play: async () => {},
  };
  class Hls {
    static Events = {};
    levels = [];
    on() {}
    loadSource() {}
    attachMedia() {}
    destroy() {}
  }
  const api = {
    playback: async () => ({ manifest_url: "/media/t/master.m3u8", renew_after_seconds: 300,
      resume_position_seconds: 0 }),
    events: async (...request) => { sent.push(request); },
    stopPlayback: async () => {},
  };
  const outbox = { put: (profile, event) => put.push(event), flush: send };
  const told = { ready() {}, started() {}, failed() {}, ended() {} };
  const playback = new Playback({ api, outbox, profile: { profile_id: "p" },
    item: { title_id: "t" }, video, Hls, tell: told });
  await playback.start();
  heard.get("playing")();
  return { playback, put, sent };
}

test("who closes the player before the grant is there starts nothing and keeps no place", async () => {
  let grant, made = 0;
  const places = new Set();
  const api = {
    playback: (_, { stream_id }) => new Promise((done) => {
      grant = () => { places.add(stream_id); done({ manifest_url: "/media/t/master.m3u8" }); };
    }),
    stopPlayback: async (_, stream) => { places.delete(stream); },
  };
  class Hls { constructor() { made += 1; } }
  const playback = new Playback({ api, outbox: { put() {}, flush: async () => {} },
    profile: { profile_id: "p" }, item: { title_id: "t" }, Hls,
    video: { removeAttribute() {}, load() {}, addEventListener() { made += 1; } }, tell: {} });
  const starting = playback.start();
  await playback.stop();
  grant();
  await starting;
  assert.deepEqual([made, places.size], [0, 0]);
});

const types = (events) => events.map((event) => event.type);

test("what is watched and how it felt goes by the outbox", async () => {
  let flushed = 0;
  const { playback, put, sent } = await playing({ send: async () => { flushed += 1; } });
  await playback.stop();
  assert.deepEqual(types(put), ["play", "pause", "playback_quality"]);
  assert.equal(flushed, 2);
  assert.equal(sent.length, 0);
});

test("a page that is left puts its last events away and sends them with its last breath", async () => {
  const { playback, put, sent } = await playing({ send: async () => {} });
  await playback.stop({ leaving: true });
  const [[profile, events, , options]] = sent;
  assert.deepEqual([profile, types(events), options],
    ["p", ["pause", "playback_quality"], { keepalive: true }]);
  assert.deepEqual(put.slice(1), events);
});

test("an API that takes no events stops no playback", async () => {
  const refuse = async () => { throw Object.assign(new Error("no"), { code: "unauthorized" }); };
  const { playback, put } = await playing({ send: refuse });
  await new Promise(setImmediate);
  await playback.stop();
  const quality = put.find((event) => event.type === "playback_quality");
  assert.deepEqual(quality.error_codes, ["events.unauthorized"]);
});
