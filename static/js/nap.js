// Notices that the page was put to sleep (a locked phone, a closed laptop, a tab that the browser froze): its ticks stop, and
// the clock on the wall goes on. Pure: that clock is handed in.

const LEAST_MS = 2000; // less is a busy machine, or the one tick a second of a tab in the background
const FRESH_MS = 15000; // what is longer ago explains nothing any more

export class Nap {
  #now;
  #period_ms;
  #last;
  #slept_ms = 0;
  #woke = 0;

  /**
   * @param {number} period_ms how often `tick` is called
   * @param {() => number} [now] milliseconds of the clock on the wall, which counts a machine's sleep too
   */
  constructor(period_ms, now = Date.now) {
    this.#now = now;
    this.#period_ms = period_ms;
    this.#last = now();
  }

  tick() {
    const now = this.#now();
    const late = now - this.#last - this.#period_ms;
    this.#last = now;
    if (late < LEAST_MS) return;
    this.#slept_ms = late;
    this.#woke = now;
  }

  /** Seconds slept a moment ago, 0 if none; told once. */
  take() {
    this.tick();
    const seconds = this.#now() - this.#woke < FRESH_MS ? this.#slept_ms / 1000 : 0;
    this.#slept_ms = 0;
    return seconds;
  }
}
