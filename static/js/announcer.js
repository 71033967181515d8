// What a screen reader is told: pure. Predictions come four times a second, and read aloud they would never stop. So a
// sentence about the page's state is said when it changes, and an emotion or another sound only when it is new and stays.

const STEADY = 4; // windows in a row, a second: a winner for less may be gone before it is read

export class Announcer {
  #say;
  #words = "";
  #kind = null; // the last that was announced
  #candidate = null;
  #times = 0;

  /** @param {(text: string) => void} say writes into a polite live region */
  constructor(say) {
    this.#say = say;
  }

  /** The page's state in words. */
  state(words) {
    if (words === this.#words) return;
    this.#words = words;
    this.#kind = null; // the sentence takes the emotion's place, which is therefore told again
    this.#times = 0;
    this.#say(words);
  }

  /**
   * Takes in the newest window.
   * @param {?string} kind an emotion, or "other" for a sound that is no voice; null for silence and unsure speech, which are not
   *   announced
   * @param {(kind: string) => string} sentence
   */
  heard(kind, sentence) {
    this.#times = kind === this.#candidate ? this.#times + 1 : 1;
    this.#candidate = kind;
    if (!kind || kind === this.#kind || this.#times < STEADY) return;
    this.#kind = kind;
    this.#say(sentence(kind));
  }
}

/** What of a window is announced: its emotion, "other", or null. */
export function announced({ state, emotion, other_sound = false }) {
  if (state === "speech") return emotion;
  return other_sound ? "other" : null;
}
