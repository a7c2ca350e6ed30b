// What the viewer did and the server has not yet taken: kept in the browser until it has.
//
// An event is put away before it is sent, and forgotten when the server took it or said that it
// never will. In between it outlives a busy server, a lost network, a closed page and a token
// that ran out. An event that is sent twice counts once, by its id.

import { ApiError } from "./api.js";

export const MOST_EVENTS = 500; // of a request
export const MOST_BYTES = 900_000; // the server takes 1 MiB
export const MOST_KEPT = 5_000;
const LONGEST_PAUSE_SECONDS = 60;
const KEPT_UNDER = "marquee-outbox";

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/**
 * The outbox of one account. `send(profileId, events, sentAt)` is the API's; `onChange` hears how
 * many events are waiting. Another account's events wait until it signs in here again. Each event
 * is kept under a key of its own, so that two open pages don't write over each other's.
 */
export function createOutbox({
  account, send, storage = browserStorage(), wait = sleep, random = Math.random,
  now = () => new Date().toISOString(), onChange = () => {},
}) {
  const prefix = `${KEPT_UNDER}:${account}:`;
  const waiting = new Map(read(storage, prefix).map((entry) => [entry.event.event_id, entry]));
  let sending = null;

  function keep(entry) {
    waiting.set(entry.event.event_id, entry);
    try {
      storage.setItem(prefix + entry.event.event_id, JSON.stringify(entry));
    } catch (error) {
      console.warn("an event is kept in memory alone", error); // the browser's storage is full
    }
    while (waiting.size > MOST_KEPT) forget(waiting.keys().next().value);
    onChange(waiting.size);
  }

  function forget(id) {
    waiting.delete(id);
    storage.removeItem(prefix + id);
  }

  async function sendAll() {
    for (let failures = 0; waiting.size > 0;) {
      const batch = nextBatch([...waiting.values()]);
      const outcome = await attempt(batch);
      batch.forEach((entry, index) => {
        if (!outcome.left.has(index)) forget(entry.event.event_id);
      });
      onChange(waiting.size);
      failures = outcome.left.size > 0 ? failures + 1 : 0;
      if (failures > 0) await wait(pause(outcome.seconds, failures, random));
    }
  }

  async function attempt(batch) {
    try {
      const events = batch.map((entry) => entry.event);
      return { left: throttled(await send(batch[0].profile_id, events, now())) };
    } catch (error) {
      return isForGood(error) ? refused(error, batch) : afterwards(error, batch);
    }
  }

  /** One bad event takes no others with it: the halves are sent by themselves. */
  async function refused(error, batch) {
    if (batch.length === 1 || error.status === 404) {
      console.warn("events were refused and are given up", error.message, error.details);
      return { left: new Set() };
    }
    const middle = Math.ceil(batch.length / 2);
    const first = await attempt(batch.slice(0, middle));
    const second = await attempt(batch.slice(middle));
    const left = [...first.left, ...[...second.left].map((index) => index + middle)];
    return { left: new Set(left), seconds: Math.max(first.seconds ?? 0, second.seconds ?? 0) };
  }

  return {
    get waiting() { return waiting.size; },

    /** Puts the event away; it goes with the next that are sent. */
    put(profileId, event) { keep({ profile_id: profileId, event }); },

    /** Puts the event away, and sends all there is; resolves when the server has it. */
    add(profileId, event) {
      this.put(profileId, event);
      return this.flush();
    },

    /** Sends what waits, oldest first, one request at a time; rejects when the token is no good. */
    flush() {
      sending ??= sendAll().finally(() => { sending = null; });
      return sending;
    },
  };
}

/** The longest run of the same profile's oldest events that one request may hold. */
export function nextBatch(waiting) {
  const batch = [];
  let bytes = 0;
  for (const entry of waiting) {
    bytes += new TextEncoder().encode(JSON.stringify(entry.event)).length + 1;
    const full = batch.length === MOST_EVENTS || (batch.length && bytes > MOST_BYTES);
    if (full || entry.profile_id !== waiting[0].profile_id) break;
    batch.push(entry);
  }
  return batch;
}

/** Seconds until the next try: as the server asked, or longer each time, with jitter. */
export function pause(asked, failures, random) {
  const longer = Math.min(LONGEST_PAUSE_SECONDS, 2 ** failures);
  return (asked ?? 0) + longer * random();
}

/** Whether the API itself, and not something before it, will never take what was sent. */
function isForGood(error) {
  return error instanceof ApiError && error.isOurs && [400, 404, 413].includes(error.status);
}

function afterwards(error, batch) {
  const left = new Set(batch.keys());
  if (!(error instanceof ApiError)) return { left, seconds: null }; // no network
  if (error.status === 401) throw error; // they wait until somebody signs in
  return { left, seconds: error.retryAfter };
}

function throttled(receipt) {
  const rejected = receipt?.rejected ?? [];
  return new Set(rejected.filter(({ code }) => code === "throttled").map(({ index }) => index));
}

/** The browser's storage; where it is blocked, one that lasts as long as the page. */
function browserStorage() {
  try {
    return localStorage;
  } catch (error) {
    console.warn("events are kept in memory alone", error);
    return memoryStorage();
  }
}

function memoryStorage() {
  const kept = new Map();
  return {
    get length() { return kept.size; },
    key: (place) => [...kept.keys()][place] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => { kept.set(key, value); },
    removeItem: (key) => { kept.delete(key); },
  };
}

function read(storage, prefix) {
  const kept = [];
  for (let place = 0; place < storage.length; place += 1) {
    const key = storage.key(place);
    if (!key.startsWith(prefix)) continue;
    try {
      const entry = JSON.parse(storage.getItem(key));
      if (entry.profile_id && entry.event.event_id) kept.push(entry);
    } catch {
      console.warn("not an event of ours", key);
    }
  }
  const time = (entry) => Date.parse(entry.event.occurred_at) || 0;
  return kept.sort((one, other) => time(one) - time(other));
}
