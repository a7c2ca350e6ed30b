// The player's room: the dialog with its controls. `playback.js` does the playing.

import { nextWords } from "./logic.js";
import { Playback } from "./playback.js";
import { thumbnailAt, thumbnailsOf, timeWords } from "./thumbnails.js";
import { element } from "./view.js";

const NEXT_SECONDS = 8;
const SKIP_SECONDS = 10;
const AUTO = -1;

const find = (id) => document.getElementById(id);

// Half a megabyte that only who plays needs: fetched when the page is idle, or on the first play.
let library = null;
const hlsLibrary = () => (library ??= import("/vendor/hls.js").then(
  (module) => module.default,
  (error) => { library = null; throw error; }, // the next play asks again
));

export class Theatre {
  #api; #outbox; #onError; #onClosed; #playback = null; #thumbnails = []; #sprites = new Map();
  #next = null; #countdown = null; #dragging = false; #turn = null; #library;

  /** `outbox` gives the one of who is signed in now, `library` hls.js. */
  constructor({ api, outbox, onError, onClosed, library: load = hlsLibrary }) {
    this.#library = load;
    this.#api = api;
    this.#outbox = outbox;
    this.#onError = onError;
    this.#onClosed = onClosed;
    this.video = find("video");
    this.#listen();
    window.requestIdleCallback?.(() => load().catch(() => { /* who plays asks again, and is told */ }));
  }

  get playback() { return this.#playback; }

  /** Plays `item`; `queue` is what may come after it, but for what was `played` by itself before. */
  async play(item, { profile, queue, played = [] }) {
    const turn = this.#turn = {};
    await this.#leave();
    if (this.#turn !== turn) return; // closed, or another one was chosen
    const seen = [...played, item.title_id];
    this.#queue(profile, queue, seen);
    this.#draw(item);
    const playback = new Playback({
      api: this.#api, outbox: this.#outbox(), profile, item, video: this.video,
      Hls: this.#library(),
      tell: {
        ready: () => this.#drawChoices(),
        started: () => find("theatre").setAttribute("data-startup-ms", playback.startupMs),
        failed: (error) => { this.#say(error.message); this.#onError(error); },
        ended: () => this.#offerNext(),
      },
    });
    this.#playback = playback;
    try {
      await playback.start();
    } catch (error) {
      if (this.#playback !== playback) return; // nobody waits for it any more
      this.close();
      throw error;
    }
    if (this.#playback !== playback) return;
    // Of a series the next episode, whatever stood beside this one on the page.
    if (playback.next) this.#queue(profile, [playback.next, ...queue], seen);
    this.video.poster = `${playback.folder}poster.jpg`;
    await this.#loadThumbnails(playback);
  }

  close() {
    if (find("theatre").open) find("theatre").close();
  }

  async #leave(options) {
    clearInterval(this.#countdown);
    find("up-next").hidden = true;
    const playback = this.#playback;
    this.#playback = null;
    await playback?.stop(options);
  }

  // Episodes that name each other, or a row that holds them too, would go round for ever.
  #queue(profile, titles, played) {
    const [next, ...queue] = titles.filter((title) => !played.includes(title.title_id));
    this.#next = next ? () => this.play(next, { profile, queue, played }) : null;
    find("up-next-words").textContent = next ? `Next: ${nextWords(next)}` : "";
  }

  #draw(item) {
    find("theatre-title").textContent = item.name;
    find("theatre").removeAttribute("data-startup-ms");
    find("preview").hidden = true;
    this.#thumbnails = [];
    this.#say("");
    if (!find("theatre").open) find("theatre").showModal();
  }

  #say(words) { find("theatre-status").textContent = words; }

  #drawChoices() {
    const { hls } = this.#playback ?? {};
    if (!hls) return;
    const fill = (id, choices, chosen) => {
      find(id).replaceChildren(...choices.map(([value, words]) => element("option",
        { value: String(value), selected: String(value) === String(chosen) ? "" : null }, words)));
    };
    const levels = hls.levels.map((level, place) => [place, `${level.height}p`]).reverse();
    fill("quality", [[AUTO, "Auto"], ...levels], hls.autoLevelEnabled ? AUTO : hls.loadLevel);
    fill("audio", hls.audioTracks.map((track, place) => [place, track.name]), hls.audioTrack);
    fill("subtitles", [[AUTO, "Off"],
      ...hls.subtitleTracks.map((track, place) => [place, track.name])], hls.subtitleTrack);
    for (const [id, count] of [["audio", hls.audioTracks.length - 1],
      ["subtitles", hls.subtitleTracks.length]]) {
      find(id).hidden = find(`${id}-label`).hidden = count < 1;
    }
  }

  async #loadThumbnails(playback) {
    const folder = `${playback.folder}thumbnails/`;
    // The seek bar works without pictures, and so does a picture whose seek bar has none.
    const words = await fetch(`${folder}thumbnails.vtt`)
      .then((response) => (response.ok ? response.text() : ""), () => "");
    if (this.#playback !== playback) return;
    this.#thumbnails = thumbnailsOf(words)
      .map((cue) => ({ ...cue, file: folder + cue.file }));
  }

  #preview(seconds, share) {
    const cue = thumbnailAt(this.#thumbnails, seconds);
    const canvas = find("preview");
    canvas.hidden = cue === null;
    if (cue === null) return;
    const draw = (sprite) => {
      const paper = canvas.getContext("2d");
      const left = Math.min(canvas.width - cue.width, Math.max(0, share * canvas.width - cue.width / 2));
      paper.clearRect(0, 0, canvas.width, canvas.height);
      paper.drawImage(sprite, cue.x, cue.y, cue.width, cue.height, left, 0, cue.width, cue.height);
      paper.fillStyle = "white";
      paper.font = "14px system-ui";
      paper.fillText(timeWords(seconds), left + 4, cue.height + 15);
    };
    const known = this.#sprites.get(cue.file) ?? new Image();
    this.#sprites.set(cue.file, known);
    if (known.complete && known.naturalWidth > 0) draw(known);
    else {
      known.onload = () => draw(known);
      known.src ||= cue.file;
    }
  }

  #offerNext() {
    if (!this.#next) return;
    const name = find("up-next-words").textContent.replace(/ \(.*$/, "");
    let seconds = NEXT_SECONDS;
    const tick = () => {
      find("up-next-words").textContent = `${name} (${seconds} s)`;
      if (seconds === 0) this.#playNext();
      seconds -= 1;
    };
    find("up-next").hidden = false;
    tick();
    this.#countdown = setInterval(tick, 1000);
  }

  #playNext() {
    clearInterval(this.#countdown);
    this.#next?.().catch((error) => { this.close(); this.#onError(error); });
  }

  #skip(seconds) {
    const { duration, currentTime } = this.video;
    if (duration) this.video.currentTime = Math.min(duration, Math.max(0, currentTime + seconds));
  }

  #toggle() {
    if (this.video.paused) this.video.play().catch((error) => this.#say(error.message));
    else this.video.pause();
  }

  #listen() {
    const on = (id, name, heard) => find(id).addEventListener(name, heard);
    on("play-pause", "click", () => this.#toggle());
    on("mute", "click", () => { this.video.muted = !this.video.muted; });
    on("fullscreen", "click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else find("theatre").requestFullscreen();
    });
    on("close-theatre", "click", () => this.close());
    on("next-now", "click", () => this.#playNext());
    on("next-cancel", "click", () => this.close());
    on("quality", "change", ({ target }) => { this.#playback.hls.nextLevel = Number(target.value); });
    on("audio", "change", ({ target }) => { this.#playback.hls.audioTrack = Number(target.value); });
    on("subtitles", "change", ({ target }) => {
      this.#playback.hls.subtitleDisplay = true;
      this.#playback.hls.subtitleTrack = Number(target.value);
    });
    on("seek", "pointerdown", () => { this.#dragging = true; });
    on("seek", "change", ({ target }) => {
      this.#dragging = false;
      this.video.currentTime = Number(target.value);
    });
    on("seek", "pointermove", (event) => {
      const { left, width } = event.target.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
      this.#preview(share * Number(event.target.max), share);
    });
    on("seek", "pointerleave", () => { find("preview").hidden = true; });
    on("theatre", "keydown", (event) => this.#key(event));
    on("theatre", "close", async () => {
      this.#turn = null;
      await this.#leave();
      this.#onClosed();
    });
    window.addEventListener("pagehide", () => this.#leave({ leaving: true }));
    window.addEventListener("pageshow", ({ persisted }) => { // gone back to: what played has ended
      if (persisted) this.close();
    });
    this.#follow();
  }

  #follow() {
    const on = (name, heard) => this.video.addEventListener(name, heard);
    on("timeupdate", () => {
      const { currentTime, duration } = this.video;
      find("time").textContent = `${timeWords(currentTime)} / ${timeWords(duration)}`;
      if (!this.#dragging) find("seek").value = String(currentTime);
      find("seek").setAttribute("aria-valuetext", timeWords(currentTime));
    });
    on("durationchange", () => { find("seek").max = String(this.video.duration || 0); });
    on("play", () => { find("play-pause").textContent = "Pause"; });
    on("pause", () => { find("play-pause").textContent = "Play"; });
    on("waiting", () => this.#say("Loading…"));
    on("playing", () => this.#say(""));
    on("volumechange", () => { find("mute").textContent = this.video.muted ? "Unmute" : "Mute"; });
  }

  #key(event) {
    if (event.target.matches("select, input, button") && event.key !== "Escape") return;
    const keys = {
      " ": () => this.#toggle(), ArrowLeft: () => this.#skip(-SKIP_SECONDS),
      ArrowRight: () => this.#skip(SKIP_SECONDS), m: () => find("mute").click(),
      f: () => find("fullscreen").click(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }
}
