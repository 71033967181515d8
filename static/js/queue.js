// Waiting for a place: pure. When to try again, and how long that still is; the time and the dice are handed in.

const REFUSALS = new Set(["busy", "rate_limited", "draining"]);
const LEAST_S = 1;
const MOST_S = 60;
const GROWTH = 1.2; // each refusal in a row makes the next wait a little longer
const SPREAD = 0.2; // those who were refused together do not all come back together

/** Whether a refused start is healed by trying again later. */
export function waits(code) {
  return REFUSALS.has(code);
}

/**
 * Seconds until the next try.
 * @param {{tries: number, retry_after_s?: number, random: number}} about `tries`: refusals in a row, from 1;
 *   `retry_after_s`: the server's wish; `random`: 0 to 1
 */
export function delay({ tries, retry_after_s, random }) {
  const wish = Number.isFinite(retry_after_s) && retry_after_s > 0 ? retry_after_s : 10;
  const most = Math.max(MOST_S, wish); // never sooner than the server asks on average
  const grown = Math.min(most, Math.max(LEAST_S, wish) * GROWTH ** (tries - 1));
  return Math.max(LEAST_S, grown * (1 - SPREAD + 2 * SPREAD * random));
}

/** One visitor's place in the queue. */
export class Queue {
  #now;
  #random;
  #due = 0;
  #whole_s = 0;

  /**
   * @param {{now?: () => number, random?: () => number}} [about] `now`: a monotonic clock in milliseconds
   */
  constructor({ now = () => performance.now(), random = Math.random } = {}) {
    this.#now = now;
    this.#random = random;
    this.tries = 0;
    this.code = "";
  }

  /** Refused (once more). @param {{code: string, cause?: string, retry_after_s?: number}} error */
  refused({ code, cause, retry_after_s }) {
    this.tries += 1;
    this.code = cause === "address" ? cause : code; // full for everyone, or for this address alone
    this.#whole_s = delay({ tries: this.tries, retry_after_s, random: this.#random() });
    this.#due = this.#now() + this.#whole_s * 1000;
  }

  /** Seconds until the next try, 0 when it is due. */
  get left_s() {
    return Math.max(0, (this.#due - this.#now()) / 1000);
  }

  /** What part of the wait is over, 0 to 1. */
  get share() {
    return this.#whole_s ? 1 - this.left_s / this.#whole_s : 1;
  }

  get due() {
    return this.left_s === 0;
  }
}
