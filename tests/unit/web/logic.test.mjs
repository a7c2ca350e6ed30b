import assert from "node:assert/strict";
import { test } from "node:test";

import {
  LONGEST_WAIT_SECONDS, base64Url, changes, errorOf, eventOf, following, foundRow, genreClass,
  maturityWords, nextWords, placedEventOf, placesOf, profileOf, sameRows, searchEventOf,
  secondsToWait, subjectOf, watchedShare,
} from "../../../web/logic.js";

const row = (id, ...titles) => ({
  row_id: id,
  items: titles.map((title) => ({ title_id: title, reason: { text: "r" }, source: "content" })),
});

test("a picture is of the first genre that has one", () => {
  assert.equal(genreClass(["Crime", "Drama"]), "genre-crime");
  assert.equal(genreClass(["Something", "Sci-Fi"]), "genre-sci-fi");
  assert.equal(genreClass(["Science Fiction"]), "genre-sci-fi");
  assert.equal(genreClass([]), "genre-other");
  assert.equal(genreClass(["__proto__", "constructor"]), "genre-other");
});

test("what was found is a row whose titles say who made them", () => {
  const card = { title_id: "t1", name: "Tide", plot: "A storm.", genres: [], directors: [], cast: [] };
  const found = foundRow({ query: "tide", items: [
    { ...card, directors: ["A", "B", "C"], cast: ["D", "E", "F", "G"] },
    { ...card, title_id: "t2", cast: ["D"] },
    { ...card, title_id: "t3" },
  ] });
  assert.equal(found.row_id, "search");
  assert.equal(found.name, "Found for “tide”");
  assert.deepEqual(found.items.map((item) => item.reason.text),
    ["By A and B, with D, E, F", "With D", "A storm."]);
  assert.deepEqual(placesOf([found])[1].position, 2);
  assert.match(foundRow({ query: "zzz", items: [] }).name, /^Nothing matches “zzz”: try/);
});

test("a search is an event of its own", () => {
  assert.deepEqual(searchEventOf("tide", 0, { id: "e1", now: "2026-01-01T00:00:00Z" }),
    { event_id: "e1", type: "search", query: "tide", result_count: 0,
      occurred_at: "2026-01-01T00:00:00Z" });
});

test("only a busy server is asked again, when it says so, within reason", () => {
  assert.equal(secondsToWait(429, "3", 0), 3);
  assert.equal(secondsToWait(503, null, 2), 4);
  assert.equal(secondsToWait(429, "soon", 0), 1);
  assert.equal(secondsToWait(429, "3600", 0), LONGEST_WAIT_SECONDS);
  assert.equal(secondsToWait(500, "1", 0), null);
  assert.equal(secondsToWait(404, null, 0), null);
});

test("an error has words whoever sent it", () => {
  const ours = { error: { code: "invalid_request", message: "limit: wrong",
    details: [{ field: "limit", message: "wrong" }] } };
  assert.deepEqual(errorOf(400, ours),
    { code: "invalid_request", message: "limit: wrong", details: ["limit: wrong"], isOurs: true });
  assert.equal(errorOf(401, { message: "Unauthorized" }).message, "Unauthorized");
  assert.equal(errorOf(401, { message: "Unauthorized" }).code, "unauthenticated");
  assert.equal(errorOf(502, null).message, "the server said 502");
  assert.equal(errorOf(403, { message: "Forbidden" }).isOurs, false);
});

test("what changed is what came and what went", () => {
  const { added, gone } = changes([row("a", "t1", "t2")], [row("a", "t2"), row("b", "t3")]);
  assert.deepEqual([[...added], [...gone]], [["t3"], ["t1"]]);
});

test("rows are the same only in the same places for the same reasons", () => {
  assert.ok(sameRows([row("a", "t1", "t2")], [row("a", "t1", "t2")]));
  assert.ok(!sameRows([row("a", "t1", "t2")], [row("a", "t2", "t1")]));
  const reworded = row("a", "t1");
  reworded.items[0].reason = { text: "other" };
  assert.ok(!sameRows([row("a", "t1")], [reworded]));
});

test("after a title comes what is right of it, then the rest, each once, if it can be played", () => {
  const tile = (id, playable = true) => ({ title_id: id, playable });
  const [t1, t2] = [tile("t1"), tile("t2")];
  const rows = [{ items: [tile("t0"), t1, tile("t9", false), t2] },
    { items: [tile("t2"), tile("t1"), tile("t3")] }];
  assert.deepEqual(following(t1, rows).map((next) => next.title_id), ["t2", "t0", "t3"]);
  assert.deepEqual(following(tile("gone"), []), []);
});

test("an event carries the client's id and time", () => {
  assert.deepEqual(eventOf("complete", "t1", { id: "event-0001", now: "2026-11-23T19:00:00Z" }),
    { event_id: "event-0001", type: "complete", title_id: "t1",
      occurred_at: "2026-11-23T19:00:00Z" });
});

test("maturity in words", () => {
  assert.deepEqual([null, 0, 13].map(maturityWords), ["not rated", "all ages", "13+"]);
});

test("the share that was watched stays between nothing and all", () => {
  assert.equal(watchedShare({ position_seconds: 30, duration_seconds: 60 }), 0.5);
  assert.equal(watchedShare({ position_seconds: 90, duration_seconds: 60 }), 1);
  assert.equal(watchedShare({ position_seconds: 90, duration_seconds: null }), null);
  assert.equal(watchedShare({}), null);
});

test("a profile from a form", () => {
  assert.deepEqual(profileOf({ name: " Ada ", maturity_ceiling: "8", country: "fr" }),
    { name: "Ada", maturity_ceiling: 8, country: "FR" });
  assert.deepEqual(profileOf({ name: "Bo", maturity_ceiling: "0", country: " " }),
    { name: "Bo", maturity_ceiling: 0 });
});

test("PKCE's base64 has no character that addresses change", () => {
  assert.equal(base64Url(new Uint8Array([251, 255, 191])), "-_-_");
  assert.equal(base64Url(new Uint8Array([1])), "AQ");
});

test("an event says where its title was shown, and what put it there", () => {
  const items = [{ title_id: "t1" }, { title_id: "t2", model_version: "v7", propensity: 0.25 }];
  const places = placesOf([{ row_id: "top_picks", items }, row("trending", "t3")]);
  assert.deepEqual(places.map(({ rowId, position }) => [rowId, position]),
    [["top_picks", 1], ["top_picks", 2], ["trending", 1]]);
  assert.deepEqual(placedEventOf("dismiss", places[1], { id: "e1", now: "then" }), {
    event_id: "e1", type: "dismiss", title_id: "t2", occurred_at: "then",
    row_id: "top_picks", position: 2, model_version: "v7", propensity: 0.25,
  });
  assert.deepEqual(Object.keys(placedEventOf("click", places[0], { id: "e1", now: "then" })),
    ["event_id", "type", "title_id", "occurred_at", "row_id", "position"]);
});

test("a token's subject tells accounts apart; what is no token is nobody's", () => {
  const claims = btoa(JSON.stringify({ sub: "a-1" })).replace(/=+$/, "");
  assert.equal(subjectOf(`e30.${claims}.x`), "a-1");
  assert.deepEqual(["", "x", "a.b.c"].map(subjectOf), ["", "", ""]);
});

test("what comes next is a name, and of an episode its place too", () => {
  assert.equal(nextWords({ name: "Snow" }), "Snow");
  assert.equal(nextWords({ name: "Low Tide", series: "Harbour", season: 1, episode: 2 }),
    "Harbour 1:2 Low Tide");
});
