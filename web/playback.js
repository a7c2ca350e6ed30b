// One playback: the grant and its renewal, hls.js, what it reports. It draws nothing.

import { errorCode, networkOf, QualityMeter } from "./quality.js";

const PROGRESS_MS = 10_000;
const QUALITY_MS = 30_000;
// hls.js gives up on a broken connection at once; a node that died answers again as another one.
const MOST_TRIES = 10;
const MOST_RECOVERIES = 4;
const RECOVERY_WINDOW_MS = 60_000;

const CLOSING_MS = 3000; // the most that closing waits for the API to take the last events

const now = () => new Date().toISOString();
const sleep = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

const policy = (firstByteMs, wholeMs) => ({
  default: {
    maxTimeToFirstByteMs: firstByteMs,
    maxLoadTimeMs: wholeMs,
    timeoutRetry: { maxNumRetry: MOST_TRIES, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: {
      maxNumRetry: MOST_TRIES,
      retryDelayMs: 500,
      maxRetryDelayMs: 8000,
      backoff: "exponential",
      shouldRetry: (retry, count, _timedOut, response) => worthAnotherTry(retry, count, response?.code),
    },
  },
});

/**
 * Whether a file is asked for again. A connection that broke (status 0) and a server in trouble
 * are; an answer that it may not be had is not; one that could not be read (no status) is twice.
 */
export function worthAnotherTry(retry, count, status) {
  if (!retry || count >= retry.maxNumRetry) return false;
  if (status === undefined) return count < 2;
  return status < 400 || status > 499 || status === 429;
}

export const SETTINGS = {
  enableWorker: true,
  workerPath: "/vendor/hls.worker.js",
  startFragPrefetch: true, // the first segment is asked for while the video element gets ready
  abrEwmaDefaultEstimate: 2_000_000, // bits a second, until the first segment has told better
  capLevelToPlayerSize: true,
  maxBufferLength: 30,
  backBufferLength: 60,
  manifestLoadPolicy: policy(8000, 20_000),
  playlistLoadPolicy: policy(8000, 20_000),
  fragLoadPolicy: policy(8000, 60_000),
};

export class Playback {
  #api; #outbox; #profileId; #item; #video; #Hls; #hls; #grant; #meter; #timers = []; #listeners = [];
  #recoveries = []; #ended = false; #refreshing = null;

  /** `tell` has functions to call: ready, started, failed(error), ended. `Hls` may be on its way. */
  constructor({ api, outbox, profile, item, video, Hls, tell }) {
    this.#api = api;
    this.#outbox = outbox;
    this.#profileId = profile.profile_id;
    this.#item = item;
    this.#video = video;
    this.#Hls = Hls;
    this.tell = tell;
    this.streamId = crypto.randomUUID();
    this.#meter = new QualityMeter({ now: () => performance.now() });
    this.language = profile.language;
  }

  get hls() { return this.#hls; }
  get startupMs() { return this.#meter.startupMs; }
  get next() { return this.#grant.next; }
  get folder() { return this.#grant.manifest_url.replace(/[^/]*$/, ""); }

  /** Whoever closes it while the grant is on its way has it come to nothing. */
  async start() {
    [this.#Hls] = await Promise.all([this.#Hls, this.#renew()]);
    if (this.#ended) return;
    const resume = this.#grant.resume_position_seconds;
    this.#listen();
    this.#hls = new this.#Hls({
      ...SETTINGS, startPosition: resume > 0 ? resume : -1,
      audioPreference: { lang: this.language },
    });
    this.#follow(this.#hls, this.#Hls.Events);
    this.#hls.loadSource(this.#grant.manifest_url);
    this.#hls.attachMedia(this.#video);
    this.#every(this.#grant.renew_after_seconds * 1000, () => this.#renewOrFail());
    this.#every(PROGRESS_MS, () => { if (!this.#video.paused) this.#send("progress"); });
    this.#every(QUALITY_MS, () => this.#sendQuality());
  }

  /** Ends it: the place among the account's streams is given back, what was measured is sent. */
  async stop({ leaving = false } = {}) {
    if (this.#ended) return;
    this.#ended = true;
    this.#timers.forEach(clearInterval);
    this.#listeners.forEach(([name, heard]) => this.#video.removeEventListener(name, heard));
    this.#meter.stopped();
    const position = this.#position();
    const events = position && !this.#video.ended ? [this.#event("pause", position)] : [];
    const quality = this.#meter.report();
    if (quality) events.push(this.#qualityEvent(quality));
    this.#hls?.destroy();
    this.#video.removeAttribute("src");
    this.#video.load();
    // Together and not one after the other: a page that is left behind gets no second turn.
    await Promise.allSettled([
      // Where the API is busy they wait in the outbox, and the page does not wait for them.
      Promise.race([this.#tell(events, { leaving }), sleep(CLOSING_MS)]),
      this.#grant ? this.#giveBack({ keepalive: leaving }) : null,
    ]);
  }

  #giveBack(options) {
    return this.#api.stopPlayback(this.#profileId, this.streamId, options);
  }

  async #renew() {
    this.#grant = await this.#api.playback(this.#profileId,
      { title_id: this.#item.title_id, stream_id: this.streamId });
    // It ended meanwhile, and this took the place anew; where that fails, the lease runs out.
    if (this.#ended) await Promise.allSettled([this.#giveBack()]);
  }

  async #renewOrFail() {
    try {
      await this.#renew();
    } catch (error) {
      // A service that does not answer is asked again next time: the grant outlives four of them.
      if (error.status >= 400 && error.status < 500 && error.status !== 429) this.#fail(error);
    }
  }

  #follow(hls, events) {
    hls.on(events.MANIFEST_PARSED, () => {
      this.tell.ready();
      this.#video.play().catch(() => this.tell.ready()); // autoplay refused: the button is there
    });
    for (const name of [events.AUDIO_TRACKS_UPDATED, events.SUBTITLE_TRACKS_UPDATED]) {
      hls.on(name, () => this.tell.ready());
    }
    hls.on(events.LEVEL_SWITCHED, (_, { level }) => {
      const top = Math.max(...hls.levels.map((one) => one.bitrate));
      this.#meter.rendition(hls.levels[level].bitrate / 1000, top / 1000);
    });
    hls.on(events.ERROR, (_, data) => this.#onError(data));
  }

  #onError(data) {
    const code = errorCode(data.details, data.response?.code);
    if (!data.fatal) {
      if (data.details !== "bufferStalledError") this.#meter.error(code);
      return;
    }
    if (!this.#mayRecover()) {
      this.#meter.error(code, { fatal: true });
      this.#fail(new Error(`Playback stopped: ${data.details}.`));
    } else if (data.type === this.#Hls.ErrorTypes.MEDIA_ERROR) {
      this.#meter.error(code);
      this.#hls.recoverMediaError();
    } else {
      this.#meter.error(code);
      this.#reload(data.response?.code);
    }
  }

  /** Loads on; where the edge refused the cookies, with new ones. */
  async #reload(status) {
    this.#refreshing ??= (status === 403 ? this.#renewOrFail() : Promise.resolve());
    await this.#refreshing;
    this.#refreshing = null;
    if (this.#ended) return;
    if (this.#hls.levels.length === 0) this.#hls.loadSource(this.#grant.manifest_url);
    else this.#hls.startLoad();
  }

  #mayRecover() {
    const moment = performance.now();
    this.#recoveries = this.#recoveries.filter((at) => moment - at < RECOVERY_WINDOW_MS);
    this.#recoveries.push(moment);
    return this.#recoveries.length <= MOST_RECOVERIES;
  }

  #fail(error) {
    if (this.#ended) return;
    this.tell.failed(error);
    this.stop();
  }

  #listen() {
    const on = (name, heard) => {
      this.#video.addEventListener(name, heard);
      this.#listeners.push([name, heard]);
    };
    on("playing", () => {
      const first = this.startupMs === null;
      this.#meter.playing();
      if (first) {
        this.#send("play");
        this.tell.started();
      }
    });
    on("waiting", () => this.#meter.waiting({ seeking: this.#video.seeking }));
    on("pause", () => {
      this.#meter.stopped();
      if (!this.#video.ended && this.startupMs !== null) this.#send("pause");
    });
    on("ended", () => {
      this.#meter.stopped();
      this.#send("complete");
      this.#sendQuality();
      this.tell.ended();
    });
  }

  #every(milliseconds, work) { this.#timers.push(setInterval(work, milliseconds)); }

  #position() {
    const { currentTime, duration } = this.#video;
    if (!Number.isFinite(duration) || duration <= 0) return null;
    return { position_seconds: currentTime, duration_seconds: duration };
  }

  #event(type, fields) {
    return { event_id: crypto.randomUUID(), type, title_id: this.#item.title_id,
      occurred_at: now(), ...fields };
  }

  #qualityEvent(quality) {
    const network = networkOf(navigator.connection);
    return this.#event("playback_quality",
      { session_id: this.streamId, ...quality, ...(network ? { network } : {}) });
  }

  #send(type) {
    const position = this.#position();
    if (position) this.#post(this.#event(type, position));
  }

  #sendQuality() {
    const quality = this.#meter.report();
    if (quality) this.#post(this.#qualityEvent(quality));
  }

  // What is measured must never stop what is watched: it waits in the outbox.
  #post(event) {
    this.#tell([event]).catch((error) => this.#meter.error(errorCode("events", error.code)));
  }

  async #tell(events, { leaving = false } = {}) {
    for (const event of events) this.#outbox.put(this.#profileId, event);
    if (events.length === 0) return;
    // The outbox's own request would end with the page. What arrives by both counts once.
    if (leaving) await this.#api.events(this.#profileId, events, now(), { keepalive: true });
    else await this.#outbox.flush();
  }
}
