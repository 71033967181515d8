// What was meant against what was heard, clip by clip: pure.

/**
 * @param {?string} meant
 * @param {{emotion: ?string, timeline: object[]}} judgement
 * @returns {"match" | "differs" | "unsure" | "silence" | "unlabelled"}
 */
export function compare(meant, { emotion, timeline }) {
  if (!emotion) return timeline.some((window) => window.state !== "silence") ? "unsure" : "silence";
  if (!meant) return "unlabelled";
  return emotion === meant ? "match" : "differs";
}

/** Counts each clip once, as it was judged last. */
export class Tally {
  #outcomes = new Map();

  /** @param {{url: string, emotion: ?string}} clip; one without a label is not counted */
  add(clip, outcome) {
    if (clip.emotion) this.#outcomes.set(clip.url, outcome);
  }

  get judged() {
    return this.#outcomes.size;
  }

  get matched() {
    return [...this.#outcomes.values()].filter((outcome) => outcome === "match").length;
  }
}
