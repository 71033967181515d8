// What a calibration told of the visitor's voice: a short text of the server's, kept in this tab and nowhere else.

import { winner } from "./timeline.js";

const TEXT = /^[A-Za-z0-9_-]{1,1000}$/;
const LITTLE = 3; // points, as they are shown: less moves from one breath to the next

/** The calibration of this tab: there or not, on or off. */
export class Voice {
  #memory;
  #kept;

  /** @param {import("./memory.js").Memory} memory */
  constructor(memory) {
    this.#memory = memory;
    const kept = memory.get("voice");
    this.#kept = typeof kept?.speaker === "string" && TEXT.test(kept.speaker) ? kept : null;
  }

  /** @returns {?{speaker: string, speech_s: number, on: boolean, change: ?object}} */
  get kept() {
    return this.#kept;
  }

  /** What a recording is started with. */
  get speaker() {
    return this.#kept?.on ? this.#kept.speaker : null;
  }

  /** @param {{speaker: string, speech_s: number}} told by the server  @param {?object} change as `moved` gives it */
  keep({ speaker, speech_s }, change) {
    this.#put({ speaker, speech_s, on: true, change });
  }

  turn(on) {
    if (this.#kept) this.#put({ ...this.#kept, on });
  }

  forget() {
    this.#put(null);
  }

  #put(kept) {
    this.#kept = kept;
    this.#memory.put("voice", kept);
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
