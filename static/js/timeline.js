// What was heard when: pure. Windows overlap (each looks back up to three seconds), so a window stands for the stretch
// since the window before it; stretches of the same kind join into segments.

/** @typedef {{start_s: number, end_s: number, state: string, emotion: ?string, probabilities: Object<string, number>, other_sound?: boolean}} Window */

const LEAST_GAP_S = 0.1; // less is rounding: nobody would see it

/** Returns the emotion of a window; else "silence", "other" (a sound that is no voice) or "unsure". */
export function kindOf({ state, emotion, other_sound = false }) {
  if (state === "silence") return other_sound ? "other" : "silence";
  return state === "speech" && emotion ? emotion : "unsure";
}

const STATES = ["speech", "silence", "unsure"];
const OTHER = STATES.length; // the number of silence with a sound that is no voice
const ABOUT = 4; // numbers of a window before its probabilities: start, end, state, emotion

/**
 * The windows of one recording, which may consist of several connections. Kept as bare numbers: as objects the four of each
 * second would take ten times the memory, and half an hour has 7,200 of them.
 */
export class Timeline {
  #numbers = new Float64Array(0);
  #count = 0;
  #labels = [];
  #offset = 0;

  /** Everything heard, times in seconds of the whole recording. */
  get windows() {
    return Array.from({ length: this.#count }, (_, index) => this.#window(index));
  }

  /** Seconds at which the present connection began; 0 unless one was lost. */
  get offset() {
    return this.#offset;
  }

  /** A new connection begins `seconds` into the recording: its windows count from zero again. */
  begin(seconds) {
    this.#offset = seconds;
  }

  /**
   * Adds a window of the present connection; returns it in times of the whole recording.
   * @param {Window} window
   */
  add({ start_s, end_s, state, emotion, probabilities, other_sound = false }) {
    if (!this.#count) this.#labels = Object.keys(probabilities);
    const width = ABOUT + this.#labels.length;
    const at = this.#count * width;
    if (at + width > this.#numbers.length) {
      const longer = new Float64Array(2 * at + 64 * width);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers.set([
      start_s + this.#offset, end_s + this.#offset, other_sound ? OTHER : STATES.indexOf(state), this.#labels.indexOf(emotion),
      ...this.#labels.map((label) => probabilities[label]),
    ], at);
    this.#count += 1;
    return this.#window(this.#count - 1);
  }

  #window(index) {
    const width = ABOUT + this.#labels.length;
    const [start_s, end_s, state, emotion, ...shares] = this.#numbers.subarray(index * width, (index + 1) * width);
    return {
      start_s, end_s, state: STATES[state] ?? "silence", emotion: this.#labels[emotion] ?? null,
      probabilities: Object.fromEntries(this.#labels.map((label, place) => [label, shares[place]])),
      other_sound: state === OTHER,
    };
  }
}

/**
 * Windows -> segments that neither overlap nor leave a hole, each with its kind. What no window covers (the server was too
 * busy to judge it) is of the kind "gap".
 * @param {Window[]} windows in order of their ends
 * @param {number} duration_s where the last segment ends
 * @param {number} begin_s where the first segment begins
 * @returns {{kind: string, start_s: number, end_s: number}[]}
 */
export function segments(windows, duration_s = 0, begin_s = 0) {
  const found = [];
  let at = begin_s;
  const reach = (kind, end_s) => {
    const last = found.at(-1);
    if (last?.kind === kind) last.end_s = end_s;
    else found.push({ kind, start_s: at, end_s });
    at = end_s;
  };
  for (const window of windows) {
    if (window.end_s <= at) continue;
    if (window.start_s > at + LEAST_GAP_S) reach("gap", window.start_s);
    reach(kindOf(window), window.end_s);
  }
  if (found.length && duration_s > at) found.at(-1).end_s = duration_s;
  return found;
}

/** Segments -> seconds by kind, longest first. */
export function totals(parts) {
  const sums = new Map();
  for (const part of parts) sums.set(part.kind, (sums.get(part.kind) ?? 0) + part.end_s - part.start_s);
  return [...sums].map(([kind, seconds]) => ({ kind, seconds })).sort((a, b) => b.seconds - a.seconds);
}

const VOICE_S = 5; // seconds of voice that suffice, whatever else a recording holds: as on the server (models/timeline.py)

/** Whether a recording holds enough voice to name an emotion: half of its windows with sound, or `VOICE_S`. */
function hasVoice(speech, windows) {
  const others = windows.filter((window) => window.other_sound).length;
  let seconds = 0;
  let at = 0;
  for (const { state, start_s, end_s } of windows) {
    if (state !== "silence") seconds += end_s - Math.max(at, start_s);
    at = Math.max(at, end_s);
  }
  return speech.length > 0 && (speech.length >= others || seconds >= VOICE_S);
}

/**
 * One judgement from windows alone, for a recording whose server went away before it could sum up: the mean over the
 * windows with speech.
 * @returns {{duration_s: number, emotion: ?string, probabilities: Object<string, number>, timeline: Window[]}}
 */
export function judge(windows, labels, duration_s) {
  const speech = windows.filter((window) => window.state !== "silence");
  const heard = hasVoice(speech, windows);
  const probabilities = Object.fromEntries(labels.map((label) => [
    label,
    heard
      ? speech.reduce((sum, window) => sum + window.probabilities[label], 0) / speech.length
      : 1 / labels.length,
  ]));
  const emotion = heard ? winner(probabilities) : null;
  return { duration_s, emotion, probabilities, timeline: windows };
}

/** The most probable label; the first of equals. */
export function winner(probabilities) {
  return Object.entries(probabilities).reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

/** Labels from the most to the least probable. */
export function ranked(probabilities) {
  return Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
}
