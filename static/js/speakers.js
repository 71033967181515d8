// The voice profile that the page keeps: short texts of the server's and counts, never a sound. They stay in this tab; in this
// browser only where the visitor chose that.

import { winner } from "./timeline.js";

const TEXT = /^[A-Za-z0-9_-]{1,4096}$/;
const NAME = "voice";
const LITTLE = 3; // points, as they are shown: less moves from one breath to the next

/** The name of an exported profile. */
export const FILE_NAME = "my-voice.speaker";

/** Bytes that a profile's file has at most: the text and a line's end. */
export const MOST_BYTES = 4200;

/** The profile in a file's text, or null: pure. Only the server can tell whether it is one of its model. */
export function profileOf(text) {
  const found = text.trim();
  return TEXT.test(found) ? found : null;
}

/**
 * @typedef {object} Kept
 * @property {boolean} on whether recordings use it
 * @property {?{speaker: string, speech_s: number, change?: ?object}} reading from ten seconds in an ordinary voice
 * @property {?{speaker: string, clips: ?Object<string, number>, check: ?object, separates: boolean}} taught from takes, which then
 *   stands for the reading too; `clips` is null where the profile comes from a file
 */

/** The profile of this tab: there or not, on or off. */
export class Speakers {
  #tab;
  #lasting;
  #kept;

  /**
   * @param {import("./memory.js").Memory} tab
   * @param {import("./memory.js").Memory} lasting
   */
  constructor(tab, lasting) {
    this.#tab = tab;
    this.#lasting = lasting;
    this.#kept = valid(tab.get(NAME)) ?? valid(lasting.get(NAME));
  }

  /** @returns {?Kept} */
  get kept() {
    return this.#kept;
  }

  /** The text of the profile, used or not. */
  get text() {
    return (this.#kept?.taught ?? this.#kept?.reading)?.speaker ?? null;
  }

  /** What a recording is started with. */
  get speaker() {
    return this.#kept?.on ? this.text : null;
  }

  /** Whether this browser keeps it when the tab is closed. */
  get remembered() {
    return this.#lasting.get(NAME) !== null;
  }

  /**
   * @param {?{speaker: string, speech_s: number}} told by the server; null: only what was taught stays
   * @param {?object} [change] as `moved` gives it
   */
  keepReading(told, change = null) {
    const taught = this.#kept?.taught ?? null;
    if (!told) return this.#put(taught && { ...this.#kept, reading: null });
    return this.#put({ on: true, taught, reading: { speaker: told.speaker, speech_s: told.speech_s, change } });
  }

  /** @param {?{speaker: string, clips: Object<string, number>, check: ?object, separates: boolean}} taught null: only the reading stays */
  keepTaught(taught) {
    const reading = this.#kept?.reading ?? null;
    if (!taught) return this.#put(reading && { ...this.#kept, taught: null });
    const { speaker, clips, check, separates } = taught;
    return this.#put({ on: true, reading, taught: { speaker, clips, check, separates } });
  }

  /** @param {string} speaker from a file */
  load(speaker) {
    this.#put({ on: true, reading: null, taught: { speaker, clips: null, check: null, separates: true } });
  }

  turn(on) {
    if (this.#kept) this.#put({ ...this.#kept, on });
  }

  /** @param {boolean} on @returns {boolean} whether this browser remembers it now */
  remember(on) {
    this.#lasting.put(NAME, on ? bare(this.#kept) : null);
    return this.remembered;
  }

  forget() {
    this.#put(null);
    this.#lasting.put(NAME, null);
  }

  #put(kept) {
    this.#kept = kept;
    this.#tab.put(NAME, kept);
    if (this.remembered) this.#lasting.put(NAME, bare(kept));
  }
}

// What the browser remembers: the texts and the counts. What a reading changed belongs to that hour.
function bare(kept) {
  return kept && { ...kept, reading: kept.reading && { speaker: kept.reading.speaker, speech_s: kept.reading.speech_s } };
}

function valid(kept) {
  const sound = (part) => (typeof part?.speaker === "string" && TEXT.test(part.speaker) ? part : null);
  const [reading, taught] = [sound(kept?.reading), sound(kept?.taught)];
  return reading || taught ? { on: kept.on === true, reading, taught } : null;
}

/**
 * What moved between two judgements of the same sound: pure.
 * @param {Object<string, number>} before probabilities
 * @param {Object<string, number>} after
 * @returns {{label: string, from: number, to: number, little: boolean, before: string, after: string}} the label that moved most,
 *   and the nearest emotion of each
 */
export function moved(before, after) {
  const by = (label) => Math.abs(after[label] - before[label]);
  const points = (label) => Math.abs(Math.round(100 * after[label]) - Math.round(100 * before[label]));
  const labels = Object.keys(before);
  const label = labels.reduce((most, one) => (by(one) > by(most) ? one : most));
  return {
    label, from: before[label], to: after[label], little: labels.every((one) => points(one) < LITTLE), before: winner(before), after: winner(after),
  };
}
