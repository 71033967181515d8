// "Teach it your voice": a dialog with a text to read aloud, a card for each emotion, and the profile that comes of both. Joins
// the modules that do the work; holds the takes while the page is open.

import { duration } from "./format.js";
import { lasting, tab } from "./memory.js";
import { predict } from "./predictions.js";
import { Reading, changeOf } from "./reading.js";
import { wav } from "./sound.js";
import { FILE_NAME, MOST_BYTES, profileOf, Speakers } from "./speakers.js";
import { strings, word } from "./strings.js";
import { TakeRecording } from "./take.js";
import { TakeCards, problemOf } from "./takecards.js";
import { initial, isStale, next, posted, teachable } from "./takes.js";
import { teach } from "./teaching.js";

const KEPT_MS = 20000; // a browser has begun to save by then
const PROBE_HZ = 16000; // a tenth of a second of silence: the least that the server judges a profile with

export class VoicePanel {
  #find;
  #about;
  #speakers = new Speakers(tab, lasting);
  #reading;
  #cards;
  #state = initial;
  #taking = null;
  #teaching = null; // aborts the request under way
  #skipped = false;

  /**
   * @param {(id: string) => HTMLElement} find
   * @param {object} about
   * @param {import("./live.js").Live} about.live
   * @param {{labels: string[]}} about.config
   * @param {() => object} about.settings the microphone's
   * @param {() => void} about.changed another profile, on or off
   */
  constructor(find, { live, config, settings, changed }) {
    this.#find = (part) => find(part === "begin" ? "reading-begin" : `voice-${part}`);
    this.#about = { config, settings, changed };
    this.#reading = new Reading(find, {
      live, config, settings, shown: (state) => this.#stepped(state), done: (read) => this.#read(read),
    });
    this.#cards = new TakeCards({ list: this.#find("cards"), audio: this.#find("audio") }, config, {
      record: (emotion, replaces) => this.#record(emotion, replaces),
      stop: () => this.#taking?.stop(),
      remove: (id) => this.#remove(id),
      keep: (id) => this.#dispatch({ type: "keep", id }),
    });
    const on = (part, act, event = "click") => this.#find(part).addEventListener(event, act);
    on("skip", () => this.#skip());
    on("again", () => this.#dispatch({ type: "again" }));
    on("close", () => this.#find("dialog").close());
    on("dialog", () => this.#leave(), "close");
    on("remember", () => this.#remember());
    on("save", () => this.#save());
    on("file", () => this.#load(), "change");
    on("forget", () => this.forget());
  }

  /** @returns {Speakers} */
  get speakers() {
    return this.#speakers;
  }

  /** @param {?object} report the model's */
  inform(report) {
    this.#reading.inform(report);
  }

  open() {
    for (const media of document.querySelectorAll("audio, video")) media.pause(); // the microphone would hear them
    this.#skipped = false;
    this.#say("");
    this.#reading.rest(this.#atRest);
    this.#find("dialog").showModal();
    this.#render();
    this.#find(this.#speakers.text ? "heading" : "begin").focus();
  }

  /** Drops the profile and the takes. @param {string} [why] */
  forget(why = "") {
    this.#drop();
    this.#speakers.forget();
    if (!this.#find("dialog").open) return this.#about.changed();
    this.#skipped = false;
    this.#reading.rest(this.#atRest);
    this.#say(why || strings.teach.forgotten);
    return this.#about.changed();
  }

  // --- The reading ---

  get #atRest() {
    if (this.#speakers.kept?.reading) return "done";
    return this.#skipped || this.#speakers.kept ? "skipped" : "ready";
  }

  #stepped(state) {
    const known = this.#speakers.text !== null;
    const busy = ["asking", "queued", "listening", "judging"].includes(state);
    const step = busy ? "reading" : known || this.#skipped ? "cards" : "first";
    const dialog = this.#find("dialog");
    dialog.dataset.step = step;
    this.#find("skip").hidden = step !== "first";
    this.#find("teaching").hidden = step !== "cards";
    this.#find("profile").hidden = step === "reading";
    this.#find("close").textContent = busy ? strings.cancel : strings.studio_close;
    if (busy) this.#say("");
    this.#render();
    // The button under the focus may have gone.
    const focused = document.activeElement;
    if (dialog.open && !(dialog.contains(focused) && focused.checkVisibility())) this.#find(busy || state === "done" ? "close" : "begin").focus();
  }

  #read({ told, change, sound, seconds }) {
    this.#speakers.keepReading(told, change);
    // A profile whose takes are not here any more cannot be taught further: the reading begins a new one.
    if (!teachable(this.#state)) this.#speakers.keepTaught(null);
    this.#dispatch({ type: "read", emotion: this.#about.config.labels[0], sound, seconds });
    this.#about.changed();
  }

  #skip() {
    this.#skipped = true;
    this.#reading.rest(this.#atRest);
    this.#find("cards-heading").focus();
  }

  // --- The takes ---

  async #record(emotion, replaces) {
    if (!this.#dispatch({ type: "record", emotion, replaces })) return;
    this.#cards.rest();
    this.#say("");
    const taking = (this.#taking = new TakeRecording());
    try {
      const take = await taking.record(this.#about.settings(), (analyser) => {
        this.#dispatch({ type: "opened" });
        this.#cards.follow(emotion, analyser);
      });
      if (taking === this.#taking && take) this.#dispatch({ type: "recorded", ...take });
    } catch (error) {
      if (!error.code) console.error(error);
      if (taking === this.#taking) this.#dispatch({ type: "failed", code: error.code ?? "unknown" });
    }
  }

  #remove(id) {
    const { reading } = this.#state.takes.find((take) => take.id === id);
    if (!this.#dispatch({ type: "remove", id }) || !reading) return;
    this.#speakers.keepReading(null);
    this.#skipped = true;
    this.#reading.rest(this.#atRest);
    this.#about.changed();
  }

  async #teach() {
    const { round } = this.#state;
    const takes = posted(this.#state);
    const teaching = (this.#teaching = new AbortController());
    try {
      const answer = await teach(takes, { signal: teaching.signal });
      if (round !== this.#state.round) return; // forgotten meanwhile
      this.#speakers.keepTaught(answer);
      this.#dispatch({ type: "answered", doubts: answer.doubts });
      this.#about.changed();
    } catch (error) {
      if (round === this.#state.round && error.code !== "cancelled") this.#dispatch({ type: "refused", code: error.code, emotion: error.emotion, clip: error.clip });
    }
  }

  #dispatch(event) {
    const before = this.#state;
    this.#state = next(before, event);
    if (this.#state === before) return false;
    if (this.#state.name === "teaching" && this.#state.round !== before.round) this.#teach();
    // The last take has gone, and with it what was taught.
    if (before.known.length && !this.#state.known.length && event.type !== "forget") {
      this.#speakers.keepTaught(null);
      this.#about.changed();
    }
    this.#render();
    return true;
  }

  #leave() {
    this.#reading.leave();
    this.#silence();
    this.#dispatch({ type: "cancel" });
    this.#cards.rest();
  }

  #silence() {
    this.#taking?.close();
    this.#taking = null;
  }

  // Nothing of the takes stays.
  #drop() {
    this.#silence();
    this.#teaching?.abort();
    this.#dispatch({ type: "forget" });
  }

  // --- The profile ---

  #remember() {
    const { remembered } = this.#speakers;
    const now = this.#speakers.remember(!remembered);
    const words = strings.teach.profile;
    this.#render();
    this.#say(now ? words.remembered : remembered ? words.dropped : words.cannot);
  }

  #save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${this.#speakers.text}\n`], { type: "text/plain" }));
    link.download = FILE_NAME;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  }

  async #load() {
    const field = this.#find("file");
    const [file] = field.files;
    if (!file) return;
    const words = strings.teach.profile;
    const text = file.size > MOST_BYTES ? null : profileOf(await file.text().catch(() => ""));
    field.value = ""; // the same file may be chosen again
    this.#say(words.checking);
    const code = text ? await refusal(text) : "bad_message";
    if (code) return this.#say(code === "bad_message" ? words.refused : words.unchecked);
    this.#drop(); // the takes teach another profile
    this.#speakers.load(text);
    this.#reading.rest(this.#atRest);
    this.#about.changed();
    return this.#say(words.loaded);
  }

  // --- Showing ---

  #say(text) {
    this.#find("said").textContent = text;
  }

  #render() {
    const { kept, remembered, text } = this.#speakers;
    const words = strings.teach;
    const state = this.#state;
    this.#cards.show(state, kept?.taught?.clips ?? (kept?.reading && { [this.#about.config.labels[0]]: 1 }));
    const problem = state.problem ? problemOf(state.problem.code, this.#about.config) : "";
    const again = state.name === "resting" && isStale(state);
    this.#find("again").hidden = !again;
    const told = [state.name === "teaching" ? words.teaching : "", again && !state.problem?.emotion ? problem : "", ...verdict(kept?.taught, state)];
    const says = told.filter(Boolean).join(" ");
    if (this.#find("verdict").textContent !== says) this.#find("verdict").textContent = says;
    this.#find("known").textContent = knowledge(kept);
    this.#find("fresh").hidden = !kept?.taught || teachable(state);
    for (const part of ["forget", "save", "remember"]) this.#find(part).hidden = !text;
    this.#find("remember").setAttribute("aria-checked", String(remembered));
  }
}

/**
 * What the check of the takes found, in sentences; nothing while other takes are on their way.
 * @param {?object} taught as speakers.js keeps it  @param {typeof initial} state
 */
export function verdict(taught, state) {
  if (!taught || state.name === "teaching" || !state.known.length) return [];
  const { check, separates } = taught;
  return [separates ? "" : strings.teach.alike, check && separates ? strings.teach.check(check.clips, check.untaught, check.taught) : ""];
}

/** What the profile rests on, in words. @param {?import("./speakers.js").Kept} kept */
export function knowledge(kept) {
  const words = strings.teach.profile;
  if (!kept) return words.none;
  const { reading, taught } = kept;
  if (!taught) return words.reading(duration(reading.speech_s));
  if (!taught.clips) return words.file;
  return words.taught(Object.entries(taught.clips).map(([emotion, count]) => words.counted(count, word(emotion))).join(", "));
}

/** The same beside the recorder, with what the reading changed. @param {?import("./speakers.js").Kept} kept */
export function note(kept) {
  const { on, off } = strings.studio.voice;
  if (!kept) return "";
  if (!kept.on) return off;
  return kept.taught ? knowledge(kept) : `${on(duration(kept.reading.speech_s))} ${changeOf(kept.reading.change)}`;
}

// Why the server refuses a profile, as an error code, or null: it judges a moment of silence with it.
async function refusal(speaker) {
  const silence = wav(new Float32Array(PROBE_HZ / 10), PROBE_HZ);
  return predict(silence, "silence.wav", { speaker }).done.then(() => null, ({ code }) => code);
}
