// A stopwatch: pure, the time is handed in (milliseconds of any steady clock), so that tests need not wait.

/** Counts only the time between start and pause, over any number of turns. */
export class Clock {
  #now;
  #before = 0;
  #since = null;

  /** @param {() => number} now a monotonic clock in milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  get running() {
    return this.#since !== null;
  }

  /** Seconds counted so far. */
  get seconds() {
    const current = this.#since === null ? 0 : this.#now() - this.#since;
    return (this.#before + current) / 1000;
  }

  /** @param {number} [before_ms] it should have been started so long ago */
  start(before_ms = 0) {
    this.#since ??= this.#now() - before_ms;
  }

  pause() {
    if (this.#since === null) return;
    this.#before += this.#now() - this.#since;
    this.#since = null;
  }

  reset() {
    this.#before = 0;
    this.#since = null;
  }
}
