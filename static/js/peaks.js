// Loudness over time as a row of peaks: pure.

/** The largest magnitude among samples. */
export function peak(samples) {
  let most = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const size = Math.abs(samples[i]);
    if (size > most) most = size;
  }
  return most;
}

/** Peaks of `count` equal stretches of the samples. */
export function peaksOf(samples, count) {
  const found = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const from = Math.floor((i * samples.length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * samples.length) / count));
    found[i] = peak(samples.subarray(from, Math.min(to, samples.length)));
  }
  return found;
}

/** Peaks by time: a later value in the same slot counts only if larger; slots without a value are silent. */
export class PeakRow {
  #values = [];

  /** @param {number} slot_s seconds a peak stands for */
  constructor(slot_s = 0.05) {
    this.slot_s = slot_s;
  }

  get values() {
    return this.#values;
  }

  put(seconds, value) {
    const slot = Math.max(0, Math.floor(seconds / this.slot_s));
    while (this.#values.length <= slot) this.#values.push(0);
    this.#values[slot] = Math.max(this.#values[slot], value);
  }

  /** The last `count` peaks, zeros before the first. */
  last(count) {
    const recent = this.#values.slice(-count);
    return [...new Array(count - recent.length).fill(0), ...recent];
  }
}

/** A peak's height between 0 and 1: the ear hears loudness by ratio, so quiet speech should not look like nothing. */
export function height(value) {
  return value <= 0.001 ? 0 : Math.min(1, Math.sqrt(value));
}
