// Quality of experience, measured as it is felt: how long it took to start, how long the picture
// moved and how long it stood still, at what bitrate. Pure; the clock is passed in.

const MOST_CODES = 8;

/** A code as the event takes it: letters, digits and a little punctuation. */
export function errorCode(...parts) {
  return parts.filter(Boolean).join(".").replace(/[^A-Za-z0-9_.:-]+/g, "-").slice(0, 64) || "unknown";
}

/** The event's word for what `navigator.connection.type` says, or undefined. */
export function networkOf(connection) {
  const kind = connection?.type;
  if (kind === undefined || kind === "unknown" || kind === "none") return undefined;
  return ["wifi", "cellular", "ethernet"].includes(kind) ? kind : "other";
}

/** Measures one playback. `now` gives milliseconds that only grow, such as `performance.now`. */
export class QualityMeter {
  #now; #asked; #since; #state = "starting"; #startup = null; #reportedStartup = false;
  #playing = 0; #rebuffer = 0; #rebuffers = 0; #switches = 0; #codes = new Set(); #failed = false;
  #kbps = null; #top = null; #weighted = 0; #failureReported = false;

  constructor({ now }) {
    this.#now = now;
    this.#asked = this.#since = now();
  }

  /** The picture moves. The first time, that ends the start-up. */
  playing() {
    if (this.#startup === null) this.#startup = this.#now() - this.#asked;
    this.#enter("playing");
  }

  /** The picture stands still for want of data; a seek is the viewer's own wish and isn't one. */
  waiting({ seeking = false } = {}) {
    if (this.#state !== "playing") return;
    if (!seeking) this.#rebuffers += 1;
    this.#enter(seeking ? "still" : "rebuffering");
  }

  /** The viewer, or the end, stopped the picture. */
  stopped() {
    if (this.#state !== "starting") this.#enter("still");
  }

  /** What is shown now comes at so many kilobits a second. */
  rendition(kbps, top) {
    this.#enter(this.#state);
    if (this.#kbps !== null && this.#kbps !== kbps) this.#switches += 1;
    this.#kbps = kbps;
    this.#top = top;
  }

  error(code, { fatal = false } = {}) {
    if (this.#codes.size < MOST_CODES) this.#codes.add(code);
    this.#failed ||= fatal;
  }

  get startupMs() { return this.#startup === null ? null : Math.round(this.#startup); }

  /** What happened since the last report, as fields of the event; null where nothing did. */
  report() {
    this.#enter(this.#state);
    const news = {
      playing_ms: Math.round(this.#playing), rebuffer_ms: Math.round(this.#rebuffer),
      rebuffer_count: this.#rebuffers, rendition_switches: this.#switches,
      error_codes: [...this.#codes], failed: this.#failed && !this.#failureReported,
    };
    if (this.#startup !== null && !this.#reportedStartup) news.startup_ms = this.startupMs;
    const something = news.startup_ms !== undefined || news.failed || news.error_codes.length > 0
      || news.playing_ms + news.rebuffer_ms + news.rendition_switches > 0;
    if (!something) return null;
    if (this.#playing > 0 && this.#weighted > 0) {
      news.bitrate_kbps = Math.round(this.#weighted / this.#playing);
    }
    if (this.#top !== null) news.top_bitrate_kbps = Math.round(this.#top);
    this.#reportedStartup ||= news.startup_ms !== undefined;
    this.#failureReported ||= news.failed;
    this.#playing = this.#rebuffer = this.#weighted = 0;
    this.#rebuffers = this.#switches = 0;
    this.#codes.clear();
    return news;
  }

  #enter(state) {
    const passed = this.#now() - this.#since;
    if (this.#state === "playing") {
      this.#playing += passed;
      this.#weighted += passed * (this.#kbps ?? 0);
    }
    if (this.#state === "rebuffering") this.#rebuffer += passed;
    this.#since += passed;
    this.#state = state;
  }
}
