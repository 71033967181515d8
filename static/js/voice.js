// The profile of the visitor's voice: a short text from the server, kept in this tab, and in this browser if the visitor wishes.

import { winner } from "./timeline.js";

const TEXT = /^[A-Za-z0-9_-]{20,4096}$/;
const LITTLE = 3; // points, as they are shown: less moves from one breath to the next

/** Whether a text may be a profile; only the server can say whether it is one. */
export function isProfile(text) {
  return typeof text === "string" && TEXT.test(text);
}

/** The profile of this tab: there or not, on or off. */
export class Voice {
  #tab;
  #lasting;
  #kept;

  constructor(tab, lasting) {
    this.#tab = tab;
    this.#lasting = lasting;
    this.#kept = [tab.get("voice"), lasting.get("voice")].find((kept) => isProfile(kept?.speaker)) ?? null;
  }

  /**
   * @returns {?{speaker: string, on: boolean, speech_s: ?number, change: ?object, taught: ?object, file: ?string}} `taught`:
   *   clips, check and separates of POST /speakers; `file`: the name of the file that the profile is from
   */
  get kept() {
    return this.#kept;
  }

  /** The text that a recording starts with. */
  get speaker() {
    return this.#kept?.on ? this.#kept.speaker : null;
  }

  get remembered() {
    return this.#lasting.get("voice") !== null;
  }

  /** @param {{speaker: string, speech_s: number}} told by the server  @param {?object} change as `moved` gives it */
  keep({ speaker, speech_s }, change) {
    this.#put({ speaker, speech_s, on: true, change });
  }

  /** @param {{speaker: string, clips: object, check: ?object, separates: boolean}} answer of POST /speakers */
  teach({ speaker, clips, check, separates }) {
    this.#put({ speaker, on: true, taught: { clips, check, separates } });
  }

  /** Takes the text of a file. Returns whether it may be a profile. */
  load(text, file) {
    const speaker = text.trim();
    if (!isProfile(speaker)) return false;
    this.#put({ speaker, on: true, file });
    return true;
  }

  turn(on) {
    if (this.#kept) this.#put({ ...this.#kept, on });
  }

  /** Keeps the profile until the visitor forgets it, or only in this tab. */
  remember(lasting) {
    this.#lasting.put("voice", lasting ? this.#kept : null);
  }

  forget() {
    this.#lasting.put("voice", null);
    this.#put(null);
  }

  #put(kept) {
    this.#kept = kept;
    this.#tab.put("voice", kept);
    if (this.remembered) this.remember(true);
  }
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
