import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** As much of a page as the player's room asks for. */
class Element {
  hidden = false;
  textContent = "";
  open = false;
  currentTime = 1;
  duration = 100;
  #heard = new Map();

  addEventListener(name, call) { this.#heard.set(name, call); }
  tell(name) { return this.#heard.get(name)?.({ target: this }); }
  removeEventListener() {}
  setAttribute() {}
  removeAttribute() {}
  replaceChildren() {}
  load() {}
  showModal() { this.open = true; }
  close() {
    this.open = false;
    return this.tell("close");
  }
}

const elements = new Map();
const find = (id) => elements.get(id) ?? elements.set(id, new Element()).get(id);
globalThis.document = { getElementById: find };
globalThis.window = { addEventListener() {} };
globalThis.fetch = async () => ({ ok: false });

const { Theatre } = await import("../../../web/theatre.js");

let loaded = [];
class Hls {
  static Events = {};
  levels = [];
  audioTracks = [];
  subtitleTracks = [];
  on() {}
  loadSource(url) { loaded.push(url); }
  attachMedia() {}
  destroy() {}
}

const settled = () => new Promise((done) => { setTimeout(done, 20); });
const profile = { profile_id: "p", language: "en" };
const titled = (id) => ({ title_id: id, name: id.toUpperCase() });

/** A theatre whose grants name what `follows`; `held` are those that wait to be let go. */
function theatre({ follows = {}, held = {} } = {}) {
  const places = new Set(), errors = [];
  const api = {
    playback: async (_, { title_id: id, stream_id: stream }) => {
      await held[id];
      places.add(stream);
      return { manifest_url: `/media/${id}/master.m3u8`, renew_after_seconds: 300,
        resume_position_seconds: 0, next: follows[id] ? titled(follows[id]) : null };
    },
    events: async () => {},
    stopPlayback: async (_, stream) => { places.delete(stream); },
  };
  const room = new Theatre({ api, outbox: () => ({ put() {}, flush: async () => {} }),
    onError: (error) => errors.push(error), onClosed() {}, library: async () => Hls });
  return { room, places, errors };
}

async function next() {
  find("next-now").tell("click");
  await settled();
}

beforeEach(() => {
  elements.clear();
  loaded = [];
});

test("a network that breaks while the seek bar's pictures load stops nothing", async () => {
  const fetched = globalThis.fetch;
  globalThis.fetch = async () => { throw new TypeError("Failed to fetch"); };
  try {
    const { room, places, errors } = theatre({ follows: { one: "two" } });
    await room.play(titled("one"), { profile, queue: [] });
    await next();
    assert.deepEqual(loaded, ["/media/one/master.m3u8", "/media/two/master.m3u8"]);
    assert.equal(find("theatre").open, true);
    assert.equal(places.size, 1);
    assert.deepEqual(errors, []);
    room.close();
    await settled();
  } finally {
    globalThis.fetch = fetched;
  }
});

test("the last episode is not followed by itself, though the row has it too", async () => {
  const { room } = theatre({ follows: { one: "two" } });
  await room.play(titled("one"), { profile, queue: [titled("two"), titled("other")] });
  assert.equal(find("up-next-words").textContent, "Next: TWO");
  await next();
  assert.equal(find("theatre-title").textContent, "TWO");
  assert.equal(find("up-next-words").textContent, "Next: OTHER");
  room.close();
  await settled();
});

test("episodes that name each other in a circle are played once each", async () => {
  const { room } = theatre({ follows: { one: "two", two: "one" } });
  await room.play(titled("one"), { profile, queue: [] });
  await next();
  assert.equal(find("theatre-title").textContent, "TWO");
  assert.equal(find("up-next-words").textContent, "");
  // Whoever chooses one by hand may see it again.
  await room.play(titled("one"), { profile, queue: [] });
  assert.equal(find("up-next-words").textContent, "Next: TWO");
  room.close();
  await settled();
});

test("a player that is closed before its grant is there plays nothing and keeps no place", async () => {
  let go;
  const { room, places, errors } = theatre({ held: { slow: new Promise((done) => { go = done; }) } });
  const playing = room.play(titled("slow"), { profile, queue: [] });
  await settled();
  room.close();
  await settled();
  go();
  await playing;
  await settled();
  assert.deepEqual([loaded, [...places], errors, find("theatre").open], [[], [], [], false]);
  assert.equal(room.playback, null);
});

test("of two titles that are chosen at once the last one plays", async () => {
  let go;
  const { room, places } = theatre({ held: { slow: new Promise((done) => { go = done; }) } });
  const first = room.play(titled("slow"), { profile, queue: [] });
  await settled();
  await room.play(titled("quick"), { profile, queue: [] });
  go();
  await first;
  await settled();
  assert.deepEqual([loaded, places.size], [["/media/quick/master.m3u8"], 1]);
  assert.equal(find("theatre-title").textContent, "QUICK");
  room.close();
  await settled();
  assert.equal(places.size, 0);
});
