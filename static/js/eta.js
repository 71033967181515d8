// How long something still takes: pure, the time is handed in (milliseconds of any steady clock).

const RECENT_MS = 6000; // what is older says little of the present pace
const SOON_MS = 1000; // before that, nobody can tell

/** Time left from how much has been done when. */
export class Eta {
  #now;
  #points;

  /** Begins now, with nothing done. @param {() => number} now */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#points = [{ at: now(), share: 0 }];
  }

  /** @param {number} share done, 0 to 1 */
  put(share) {
    const at = this.#now();
    this.#points.push({ at, share });
    // One point older than that stays: the pace is measured from there.
    while (this.#points.length > 2 && this.#points[1].at < at - RECENT_MS) this.#points.shift();
  }

  /** Seconds left at the pace of the last seconds, or null where nobody can tell (yet). */
  get left_s() {
    const first = this.#points[0];
    const { share } = this.#points.at(-1);
    const took = this.#now() - first.at;
    if (share >= 1) return 0;
    if (took < SOON_MS || share <= first.share) return null;
    return ((1 - share) * took) / (share - first.share) / 1000;
  }
}

/** Seconds as one would say them: 3.2 -> 4, 23 -> 25, 71 -> 75. Never less than is left. */
export function roughly(seconds) {
  const step = seconds <= 10 ? 1 : seconds <= 60 ? 5 : 15;
  return Math.max(1, Math.ceil(seconds / step) * step);
}

/** Seconds that the judging of a recording of so many seconds should take; twice what one core needs, for others are there too. */
export function pace(duration_s) {
  return 0.5 + duration_s / 200;
}
