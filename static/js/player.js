// Listening to a finished recording: play, pause, a slider to seek, the utterances as buttons, zoom. Times are the
// recording's; where the browser cannot play it, one may still move through the picture.

import { clockTime, moment } from "./format.js";
import { Picture } from "./picture.js";
import { nudge } from "./scale.js";
import { soundOf } from "./sound.js";
import { strings, word } from "./strings.js";

const ROUNDING_S = 0.01; // utterances have hundredths of a second, and a browser may seek to a little before

export class Player {
  #root;
  #picture;
  #turn = 0; // counts recordings: what is decoded late must not replace a newer one
  #duration_s = 0;
  #at_s = 0;
  #frame = 0;
  #zooming = 0;
  #playable = false;
  #sound = null;

  /**
   * @param {object} root elements by name: those of `Picture`, and `audio`, `play`, `playText`, `time`, `seek`, `zoom`, `zooming`,
   *   `note`, `turns`
   * @param {{nonce: string}} how
   */
  constructor(root, { nonce }) {
    this.#root = root;
    this.#picture = new Picture(root, { nonce, onSeek: (seconds) => this.seek(seconds) });
    const { audio, play, seek, zoom } = root;
    play.addEventListener("click", () => (audio.paused ? this.#play() : audio.pause()));
    seek.addEventListener("input", () => this.seek(Number(seek.value)));
    seek.addEventListener("keydown", (event) => this.#onKey(event));
    // Once a frame at most: a long recording takes a moment to draw.
    zoom.addEventListener("input", () => {
      this.#zooming ||= requestAnimationFrame(() => {
        this.#zooming = 0;
        this.#picture.zoom(Number(zoom.value) / 100);
      });
    });
    audio.addEventListener("play", () => this.#run());
    for (const event of ["pause", "ended"]) audio.addEventListener(event, () => this.#rest());
    for (const event of ["timeupdate", "seeked"]) audio.addEventListener(event, () => this.#follow());
    audio.addEventListener("error", () => {
      if (audio.getAttribute("src")) this.#mute();
    });
    // One sound at a time: a sample clip that is played silences this, and the other way round (play does not bubble).
    document.addEventListener("play", ({ target }) => {
      for (const other of document.querySelectorAll("audio")) if (other !== target) other.pause();
    }, true);
  }

  /** Peaks for other pictures of it, once decoded. */
  get peaks() {
    return this.#sound?.peaks ?? null;
  }

  prepare() {
    this.#picture.prepare();
  }

  /**
   * @param {{duration_s: number}} judgement
   * @param {{kind: string, start_s: number, end_s: number}[]} turns the utterances
   * @param {Blob|import("./tape.js").Tape} source
   */
  async show(judgement, turns, source) {
    this.clear();
    const turn = this.#turn;
    this.#span(judgement.duration_s);
    this.#picture.begin(judgement.duration_s);
    this.#list(turns);
    if (source instanceof Blob) this.#load(source); // can be heard before it is decoded for the picture
    const sound = await soundOf(source, judgement.duration_s);
    if (turn !== this.#turn) return;
    this.#sound = sound;
    if (!sound) this.#mute();
    else if (sound.blob !== source) this.#load(sound.blob);
    if (sound && !sound.peaks) this.#checkSound(turn);
    if (source.full) this.#root.note.textContent = strings.player.part_kept;
    const duration_s = sound?.duration_s ?? judgement.duration_s;
    this.#span(duration_s);
    await this.#picture.draw({ peaks: sound?.peaks ?? null, duration_s, judged_s: judgement.duration_s, media: this.#root.audio, turns });
    if (turn !== this.#turn) return;
    this.#root.zooming.hidden = !this.#picture.zoomable;
    this.#show();
    this.#root.stage.dataset.drawn = sound?.peaks ? "wave" : "flat";
  }

  seek(seconds) {
    this.#at_s = Math.min(Math.max(0, seconds), this.#duration_s);
    if (this.#playable) this.#root.audio.currentTime = this.#at_s;
    this.#show({ show: true });
  }

  /** Forgets the recording: nothing of it is kept. */
  clear() {
    this.#turn += 1;
    const { audio, note, zoom, zooming, play, turns, stage } = this.#root;
    audio.pause();
    this.#rest(); // loading nothing, as below, drops the event that tells of the pause
    this.#picture.clear();
    if (audio.getAttribute("src")) {
      URL.revokeObjectURL(audio.src);
      audio.removeAttribute("src");
      audio.load();
    }
    this.#sound = null;
    this.#playable = false;
    this.#at_s = 0;
    play.disabled = true;
    play.hidden = false;
    note.textContent = "";
    zoom.value = 0;
    zooming.hidden = true;
    turns.replaceChildren();
    delete stage.dataset.drawn;
  }

  #load(blob) {
    const { audio, play } = this.#root;
    audio.src = URL.createObjectURL(blob);
    this.#playable = true;
    play.disabled = false;
  }

  #mute() {
    this.#playable = false;
    this.#root.play.hidden = true;
    this.#root.note.textContent = strings.player.cannot;
  }

  // A film whose sound the browser does not know would play in silence, without an error.
  #checkSound(turn) {
    const { audio } = this.#root;
    const check = () => {
      if (turn === this.#turn && this.#playable && isMute(audio)) this.#mute();
    };
    if (audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) check();
    else audio.addEventListener("canplay", check, { once: true });
  }

  #play() {
    const { audio } = this.#root;
    if (this.#at_s >= this.#duration_s - 0.05) this.seek(0);
    audio.play().catch(() => {}); // an error is told by its own event; a pause before it began is none
  }

  #span(duration_s) {
    this.#duration_s = duration_s;
    const { seek } = this.#root;
    seek.max = duration_s.toFixed(2);
    this.#show();
  }

  // A press that goes a useful way in a long recording; Home, End and all pointers are the slider's own.
  #onKey(event) {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.seek(this.#at_s + step * nudge(this.#duration_s));
  }

  #run() {
    cancelAnimationFrame(this.#frame);
    this.#root.playText.textContent = strings.pause;
    this.#root.play.dataset.playing = "true";
    const step = () => {
      this.#follow();
      this.#frame = requestAnimationFrame(step);
    };
    step();
  }

  #rest() {
    cancelAnimationFrame(this.#frame);
    this.#root.playText.textContent = strings.player_play;
    delete this.#root.play.dataset.playing;
    this.#follow();
  }

  #follow() {
    if (!this.#playable) return;
    this.#at_s = Math.min(this.#root.audio.currentTime, this.#duration_s);
    this.#show();
  }

  #show(how) {
    const { seek, time, turns } = this.#root;
    const words = strings.player.time(clockTime(this.#at_s), clockTime(this.#duration_s));
    if (time.textContent !== words) time.textContent = words;
    seek.value = this.#at_s.toFixed(2);
    if (seek.getAttribute("aria-valuetext") !== words) seek.setAttribute("aria-valuetext", words);
    seek.style.setProperty("--done", `${(100 * this.#at_s) / (this.#duration_s || 1)}%`);
    this.#picture.point(this.#at_s, how);
    for (const item of turns.children) {
      const at_s = this.#at_s + ROUNDING_S;
      const now = at_s >= Number(item.dataset.start) && at_s < Number(item.dataset.end);
      if (now === item.hasAttribute("data-now")) continue;
      item.toggleAttribute("data-now", now);
      if (now) turns.scrollTop = item.offsetTop - turns.clientHeight / 3; // a long list goes along
    }
  }

  #list(turns) {
    this.#root.turns.replaceChildren(...turns.map(({ kind, start_s, end_s }) => {
      const item = document.createElement("li");
      Object.assign(item.dataset, { kind, start: start_s.toFixed(2), end: end_s.toFixed(2) });
      const button = document.createElement("button");
      button.type = "button";
      button.className = `turn-to c-${kind}`;
      const when = document.createElement("time");
      when.textContent = moment(start_s, this.#duration_s);
      button.append(when, ` ${word(kind)}`);
      button.title = strings.result.part(word(kind), start_s, end_s);
      button.addEventListener("click", () => this.seek(start_s));
      item.append(button);
      return item;
    }));
  }
}

// Whether what is ready to play has no sound, by each browser's own property (Firefox, Chromium, Safari). @param {HTMLMediaElement} media
function isMute(media) {
  return media.mozHasAudio === false || media.webkitAudioDecodedByteCount === 0 || media.audioTracks?.length === 0;
}
