// How loud the microphone's sound is, and whether to say something about it: pure, the time is handed in.
//
// A hint comes when its reason has lasted and goes when the reason is well gone: it must not flicker, and is spoken.

const WINDOW_S = 3; // speech has a loud syllable in so long
const QUIET_DB = -46; // the loudest of a window below it is too quiet, until it is
const FINE_DB = -42; // above this
const ABOVE_DB = 9; // speech stands so far above its room, which hums evenly,
const ABOVE_SHARE = 0.2; // for at least so much of the time: the end of a word is no quiet speech
const FLOOR_DB = -75; // no room is more silent
const NOTHING_DB = -88; // no microphone is so quiet: it is muted, if it stays so for
const NOTHING_S = 5;
const CLIPPED = 0.985; // samples beyond it lie at the converter's end
const CLIPPED_RUN = 3; // so many in a row are cut off, one may be chance
const CLIPS = 3; // so many clipped moments within
const CLIPS_S = 2; // are too loud, until there was none for
const CALM_S = 3;
const LEAST_S = 2; // no hint is shorter

/** The lowest level that is told, dBFS. */
export const LOWEST_DB = -100;

/** Samples -> their level in dBFS, and whether they were cut off at the top. */
export function measure(samples) {
  let power = 0;
  let run = 0;
  let clipped = false;
  for (let i = 0; i < samples.length; i += 1) {
    power += samples[i] * samples[i];
    run = Math.abs(samples[i]) >= CLIPPED ? run + 1 : 0;
    if (run >= CLIPPED_RUN) clipped = true;
  }
  const mean = samples.length ? power / samples.length : 0;
  return { db: mean > 0 ? Math.max(LOWEST_DB, 10 * Math.log10(mean)) : LOWEST_DB, clipped };
}

/** Follows the level and keeps the hint: "" (fine, or nobody speaks), "quiet", "loud" or "nothing". */
export class Level {
  hint = "";

  #heard = [];
  #clips = [];
  #since = -Infinity;
  #alive = null; // when there was last any sound at all

  /**
   * @param {{db: number, clipped: boolean}} measured
   * @param {number} now seconds of any steady clock
   * @returns {string} the hint
   */
  hear({ db, clipped }, now) {
    this.#heard.push({ db, now });
    if (db >= NOTHING_DB) this.#alive = now;
    this.#alive ??= now;
    while (this.#heard[0].now < now - WINDOW_S) this.#heard.shift();
    if (clipped) this.#clips.push(now);
    while (this.#clips[0] < now - CALM_S) this.#clips.shift();
    if (now - this.#since < LEAST_S) return this.hint;
    const next = this.#judge(now);
    if (next !== this.hint) {
      this.hint = next;
      this.#since = now;
    }
    return this.hint;
  }

  #judge(now) {
    const recent = this.#clips.filter((at) => at >= now - CLIPS_S);
    if (recent.length >= CLIPS || (this.hint === "loud" && this.#clips.length)) return "loud";
    if (now - this.#heard[0].now < WINDOW_S * 0.9) return this.hint === "loud" ? "" : this.hint;
    const levels = this.#heard.map((one) => one.db);
    const loudest = Math.max(...levels);
    if (now - this.#alive >= NOTHING_S) return "nothing";
    const floor = Math.max(FLOOR_DB, Math.min(...levels));
    const spoken = levels.filter((db) => db >= floor + ABOVE_DB).length >= ABOVE_SHARE * levels.length;
    return spoken && loudest < (this.hint === "quiet" ? FINE_DB : QUIET_DB) ? "quiet" : "";
  }
}
