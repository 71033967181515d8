// What a screen reader is told: pure. Predictions come four times a second, and read aloud they would never stop. So a
// sentence about the page's state is said when it changes, and an emotion only when another one has won and stays.

const STEADY = 4; // windows in a row, a second: a winner for less may be gone before it is read

export class Announcer {
  #say;
  #words = "";
  #emotion = null; // the last that was said
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
    this.#emotion = null; // the sentence takes the emotion's place, which is therefore told again
    this.#times = 0;
    this.#say(words);
  }

  /**
   * A window was heard.
   * @param {?string} emotion the winner, or null where there is none (silence, unsure)
   * @param {(emotion: string) => string} sentence
   */
  heard(emotion, sentence) {
    this.#times = emotion === this.#candidate ? this.#times + 1 : 1;
    this.#candidate = emotion;
    if (!emotion || emotion === this.#emotion || this.#times < STEADY) return;
    this.#emotion = emotion;
    this.#say(sentence(emotion));
  }
}
