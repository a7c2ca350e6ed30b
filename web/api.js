// The API's client: the token, errors as exceptions, and another try when the server asks for one.

import { errorOf, secondsToWait } from "./logic.js";

const MOST_TRIES = 4;

export class ApiError extends Error {
  constructor(status, { code, message, details, isOurs = true }, retryAfter = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.isOurs = isOurs; // the API's own answer, not that of a proxy before it
    this.retryAfter = retryAfter; // seconds, where trying again may help
  }
}

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** `session` gives and refreshes the token; `onWait` hears of every wait, in seconds. */
export function apiClient({ session, onWait = () => {}, fetcher = fetch, wait = sleep }) {
  async function send(method, path, body, { keepalive = false } = {}) {
    return fetcher(path, {
      method,
      keepalive, // finished by the browser even when the page is left
      headers: {
        authorization: `Bearer ${session.token()}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  async function call(method, path, body, options) {
    let refreshed = false;
    for (let attempt = 0; ; attempt += 1) {
      const response = await send(method, path, body, options);
      if (response.ok) return response.status === 204 ? null : response.json();
      if (response.status === 401 && !refreshed && (await session.refresh())) {
        refreshed = true;
        continue;
      }
      const seconds = secondsToWait(
        response.status, response.headers.get("retry-after"), attempt);
      if (seconds === null || attempt + 1 >= MOST_TRIES) {
        throw new ApiError(
          response.status, errorOf(response.status, await jsonOf(response)), seconds);
      }
      onWait(seconds);
      await wait(seconds);
    }
  }

  const profile = (id) => `/v1/profiles/${encodeURIComponent(id)}`;
  return {
    profiles: async () => (await call("GET", "/v1/profiles")).items,
    createProfile: (body) => call("POST", "/v1/profiles", body),
    search: (id, words) => call("GET",
      `/v1/search?${new URLSearchParams({ q: words, profile_id: id })}`),
    home: (id) => call("GET", `${profile(id)}/home`),
    /** `sentAt` is this machine's clock now: by it the server corrects the events' times. */
    events: (id, events, sentAt, options) =>
      call("POST", `${profile(id)}/events`, { sent_at: sentAt, events }, options),
    playback: (id, body) => call("POST", `${profile(id)}/playback`, body),
    stopPlayback: (id, streamId, options) => call("DELETE",
      `${profile(id)}/playback/${encodeURIComponent(streamId)}`, undefined, options),
    rate: (id, titleId, rating) =>
      call("PUT", `${profile(id)}/ratings/${encodeURIComponent(titleId)}`, { rating }),
    addToList: (id, titleId) =>
      call("PUT", `${profile(id)}/list/${encodeURIComponent(titleId)}`),
  };
}

async function jsonOf(response) {
  try {
    return await response.json();
  } catch {
    return null; // not JSON: a proxy's own page
  }
}
