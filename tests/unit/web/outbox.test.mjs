import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../../web/api.js";
import { errorOf } from "../../../web/logic.js";
import { MOST_EVENTS, MOST_KEPT, createOutbox, nextBatch, pause } from "../../../web/outbox.js";

class MemoryStorage {
  #kept = new Map();
  constructor({ full = false } = {}) { this.full = full; }
  get length() { return this.#kept.size; }
  key(place) { return [...this.#kept.keys()][place]; }
  getItem(key) { return this.#kept.get(key) ?? null; }
  setItem(key, value) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.#kept.set(key, value);
  }
  removeItem(key) { this.#kept.delete(key); }
}

const busy = (status = 429, seconds = 2) =>
  new ApiError(status, { code: "throttled", message: "busy", details: [] }, seconds);
const event = (number) => ({
  event_id: `event-${number}`, type: "complete", title_id: "t1",
  occurred_at: new Date(1_795_460_400_000 + number * 1000).toISOString(),
});

/** A server that does what `answers` say in turn, then takes everything. */
function server(answers = []) {
  const taken = [];
  const waits = [];
  const send = async (profileId, events, sentAt) => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const rejected = answer ?? [];
    const left = new Set(rejected.map((item) => item.index));
    taken.push(...events.filter((_, index) => !left.has(index))
      .map((one) => [profileId, one.event_id, sentAt]));
    return { accepted: events.length - rejected.length, rejected };
  };
  return { taken, waits, send, wait: async (seconds) => { waits.push(seconds); } };
}

function outboxOf({ send, wait }, { storage = new MemoryStorage(), account = "a1", ...more } = {}) {
  return createOutbox({ account, send, wait, storage, random: () => 1, now: () => "now", ...more });
}

const ids = (taken) => taken.map(([, id]) => id);

test("an event is sent with the time of sending, and forgotten when it is taken", async () => {
  const there = server();
  const storage = new MemoryStorage();
  const outbox = outboxOf(there, { storage });
  await outbox.add("p1", event(1));
  assert.deepEqual(there.taken, [["p1", "event-1", "now"]]);
  assert.deepEqual([outbox.waiting, storage.length], [0, 0]);
});

test("a throttled event is kept and sent again, later each time, after Retry-After", async () => {
  const there = server([busy(), busy(), new TypeError("no network")]);
  await outboxOf(there).add("p1", event(1));
  assert.deepEqual(ids(there.taken), ["event-1"]);
  assert.deepEqual(there.waits, [2 + 2, 2 + 4, 8]);
});

test("what a page that was closed did not send, the next page sends, in order", async () => {
  const storage = new MemoryStorage();
  const never = new Promise(() => {});
  const closed = createOutbox({ account: "a1", send: () => never, storage });
  closed.add("p1", event(2));
  closed.add("p1", event(1));
  const there = server();
  const next = outboxOf(there, { storage });
  assert.equal(next.waiting, 2);
  await next.flush();
  assert.deepEqual(ids(there.taken), ["event-1", "event-2"]);
  assert.equal(storage.length, 0);
});

test("two pages do not write over each other's events", async () => {
  const storage = new MemoryStorage();
  const never = new Promise(() => {});
  const pages = [1, 2].map(() => createOutbox({ account: "a1", send: () => never, storage }));
  pages[0].add("p1", event(1));
  pages[1].add("p1", event(2));
  pages[0].add("p1", event(3));
  assert.equal(outboxOf(server(), { storage }).waiting, 3);
});

test("a token that is no good loses nothing", async () => {
  const storage = new MemoryStorage();
  const there = server([new ApiError(401, { code: "unauthenticated", message: "", details: [] })]);
  const outbox = outboxOf(there, { storage });
  await assert.rejects(outbox.add("p1", event(1)), (error) => error.status === 401);
  assert.deepEqual([outbox.waiting, storage.length], [1, 1]);
  await outboxOf(there, { storage }).flush();
  assert.deepEqual(ids(there.taken), ["event-1"]);
});

test("another account's events wait for it", async () => {
  const storage = new MemoryStorage();
  const never = new Promise(() => {});
  createOutbox({ account: "a1", send: () => never, storage }).add("p1", event(1));
  assert.equal(outboxOf(server(), { storage, account: "a2" }).waiting, 0);
  assert.equal(outboxOf(server(), { storage, account: "a1" }).waiting, 1);
});

test("what can never be taken is given up, and holds nobody up", async () => {
  for (const status of [400, 404, 413]) {
    const refusal = new ApiError(status, { code: "invalid", message: "no", details: [] });
    const there = server([refusal]);
    const outbox = outboxOf(there);
    await outbox.add("p1", event(1));
    await outbox.add("p1", event(2));
    assert.deepEqual([ids(there.taken), outbox.waiting], [["event-2"], 0]);
  }
});

test("what a proxy or a firewall says is no refusal: events are kept and sent again", async () => {
  const theirs = (status) => new ApiError(status, errorOf(status, { message: "Forbidden" }));
  const ours = (status) => new ApiError(status, errorOf(status, { error: { code: "no" } }));
  const answers = [theirs(400), theirs(404), theirs(413), theirs(403), ours(403), ours(408)];
  const there = server([...answers]);
  await outboxOf(there).add("p1", event(1));
  assert.deepEqual([ids(there.taken), there.waits.length], [["event-1"], answers.length]);
});

test("a batch that is refused is halved: one bad event takes no others with it", async () => {
  for (const status of [400, 413]) {
    const there = server();
    const send = async (profileId, events, sentAt) => {
      if (events.some((one) => one.event_id === "event-3")) {
        throw new ApiError(status, errorOf(status, { error: { code: "invalid" } }));
      }
      return there.send(profileId, events, sentAt);
    };
    const outbox = outboxOf({ ...there, send });
    [1, 2, 3, 4].forEach((number) => outbox.put("p1", event(number)));
    await outbox.add("p1", event(5));
    assert.deepEqual(ids(there.taken), ["event-1", "event-2", "event-4", "event-5"]);
    assert.deepEqual([outbox.waiting, there.waits], [0, []]);
  }
});

test("of a half that was busy only that half is sent again", async () => {
  const refusal = new ApiError(400, errorOf(400, { error: { code: "invalid" } }));
  const there = server([refusal, [], busy(429, 7)]);
  const outbox = outboxOf(there);
  [1, 2, 3].forEach((number) => outbox.put("p1", event(number)));
  await outbox.flush();
  assert.deepEqual(ids(there.taken), ["event-1", "event-2", "event-3"]);
  assert.deepEqual(there.waits, [7 + 2]);
});

test("a browser that blocks its storage still sends", async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() { throw new DOMException("blocked", "SecurityError"); },
  });
  try {
    const there = server([busy()]);
    const { send, wait } = there;
    await createOutbox({ account: "a1", send, wait }).add("p1", event(1));
    assert.deepEqual(ids(there.taken), ["event-1"]);
  } finally {
    if (before) Object.defineProperty(globalThis, "localStorage", before);
    else delete globalThis.localStorage;
  }
});

test("of a batch only what was throttled is sent again", async () => {
  const there = server([busy(), [
    { index: 0, code: "invalid_event" }, { index: 2, code: "throttled" }]]);
  const outbox = outboxOf(there);
  outbox.add("p1", event(1));
  outbox.add("p1", event(2));
  await outbox.add("p1", event(3));
  assert.deepEqual(ids(there.taken), ["event-2", "event-3"]);
  assert.equal(outbox.waiting, 0);
});

test("an event that is added while others are sent goes with the next request", async () => {
  let release;
  const first = new Promise((done) => { release = done; });
  const sizes = [];
  const outbox = outboxOf({
    send: async (_, events) => {
      sizes.push(events.length);
      if (sizes.length === 1) await first;
      return { accepted: events.length, rejected: [] };
    },
    wait: async () => {},
  });
  const done = [outbox.add("p1", event(1)), outbox.add("p1", event(2)), outbox.add("p1", event(3))];
  release();
  await Promise.all(done);
  assert.deepEqual(sizes, [1, 2]);
});

test("a batch is of one profile, of at most 500 events, of less than a megabyte", () => {
  const entry = (number, profile = "p1", more = {}) =>
    ({ profile_id: profile, event: { ...event(number), ...more } });
  const many = Array.from({ length: 501 }, (_, number) => entry(number));
  assert.equal(nextBatch(many).length, MOST_EVENTS);
  assert.equal(nextBatch([entry(1), entry(2, "p2"), entry(3)]).length, 1);
  const large = { query: "ü".repeat(200_000) };
  assert.equal(nextBatch([1, 2, 3].map((number) => entry(number, "p1", large))).length, 2);
  assert.equal(nextBatch([entry(1, "p1", { query: "x".repeat(2_000_000) })]).length, 1);
});

test("a browser whose storage is full still sends", async () => {
  const there = server();
  await outboxOf(there, { storage: new MemoryStorage({ full: true }) }).add("p1", event(1));
  assert.deepEqual(ids(there.taken), ["event-1"]);
});

test("what is kept is bounded, the oldest goes first", () => {
  const storage = new MemoryStorage();
  const outbox = createOutbox({ account: "a1", send: () => new Promise(() => {}), storage });
  for (let number = 0; number < MOST_KEPT + 3; number += 1) outbox.add("p1", event(number));
  assert.deepEqual([outbox.waiting, storage.length], [MOST_KEPT, MOST_KEPT]);
  assert.equal(storage.getItem("marquee-outbox:a1:event-2"), null);
});

test("what somebody else left in the storage is let lie", () => {
  const storage = new MemoryStorage();
  storage.setItem("marquee-outbox:a1:broken", "{");
  storage.setItem("marquee-outbox:a1:other", "null");
  storage.setItem("theirs", "x");
  assert.equal(outboxOf(server(), { storage }).waiting, 0);
  assert.equal(storage.length, 3);
});

test("a pause grows to a bound and is spread out", () => {
  assert.deepEqual([1, 2, 5, 9].map((n) => pause(null, n, () => 1)), [2, 4, 32, 60]);
  assert.equal(pause(3, 1, () => 0.5), 4);
});
