// The last moments of a recording as areas piled on one another: pure. Bounded, however long the recording lasts.

import { segments } from "./timeline.js";

/** Seconds that are shown. */
export const SPAN_S = 45;

const LEAST_GAP_S = 0.1;

export class Flow {
  #windows = [];

  get windows() {
    return this.#windows;
  }

  /** What is shown at the moment: it fills from the left, and then runs. */
  get range() {
    const to_s = Math.max(SPAN_S, this.#windows.at(-1)?.end_s ?? 0);
    return { from_s: to_s - SPAN_S, to_s };
  }

  clear() {
    this.#windows = [];
  }

  /** @param {import("./timeline.js").Window} window with times of the whole recording */
  add(window) {
    const last = this.#windows.at(-1);
    if (last && window.end_s <= last.end_s) return;
    const begin_s = last ? Math.max(last.end_s, window.start_s) : window.start_s;
    this.#windows.push({ ...window, begin_s });
    const { from_s } = this.range;
    // One more than is seen, so that the areas reach the left edge.
    while (this.#windows.length > 1 && this.#windows[1].begin_s < from_s) this.#windows.shift();
  }

  /**
   * The upper edges of the areas, lowest first: each is the one below it and its label's share on top. Silence has no height.
   * @param {string[]} labels
   * @returns {{x: number, y: number}[][]} a row of points a label
   */
  edges(labels) {
    const rows = labels.map(() => []);
    const put = (x, window) => {
      let y = 0;
      labels.forEach((label, index) => {
        y += window && window.state !== "silence" ? window.probabilities[label] : 0;
        rows[index].push({ x, y });
      });
    };
    let before = null;
    for (const window of this.#windows) {
      const cut = !before || window.begin_s > before.end_s + LEAST_GAP_S;
      const turned = before && (before.state === "silence") !== (window.state === "silence");
      if (cut && before) put(before.end_s, null);
      if (cut) put(window.begin_s, null);
      if (cut || turned) put(window.begin_s, window); // a wall, where a slope would claim something in between
      put(window.end_s, window);
      before = window;
    }
    return rows;
  }

  /** The stretches of silence, of other sounds and of unsure speech. @returns {{kind: string, start_s: number, end_s: number}[]} */
  marks() {
    const begin_s = this.#windows[0]?.begin_s ?? 0;
    return segments(this.#windows.map((window) => ({ ...window, start_s: window.begin_s })), 0, begin_s)
      .filter(({ kind }) => ["silence", "other", "unsure"].includes(kind));
  }
}
