// A finished judgement in words and as a strip of time. `describe` is pure; `Summary` puts it on the page.

import { drawStrip, drawTotals } from "./strip.js";
import { strings, word } from "./strings.js";
import { kindOf, ranked, segments, totals } from "./timeline.js";

/**
 * @param {object} judgement the API's object
 * @param {{voice: "yours"|"clip", meant?: string}} about
 * @returns {{sentence: string, beside: string, state: string, parts: object[], sums: object[]}}
 */
export function describe(judgement, { voice, meant = null, gaps = 0 }) {
  const { emotion, probabilities, timeline, duration_s } = judgement;
  const parts = segments(timeline, duration_s);
  const spoken = timeline.some((window) => kindOf(window) !== "silence");
  const beside = [];
  let sentence;
  if (emotion) {
    sentence = strings.result[voice](word(emotion), probabilities[emotion]);
    const second = ranked(probabilities).find(([label]) => label !== emotion);
    if (second) beside.push(strings.result.next(word(second[0]), second[1]));
  } else {
    sentence = spoken ? strings.result.unsure : strings.result.silent;
  }
  if (meant) beside.push(strings.result.meant(word(meant)));
  if (gaps) beside.push(strings.result.gaps(gaps));
  return {
    sentence,
    beside: beside.join(" "),
    state: emotion ? "speech" : spoken ? "unsure" : "silence",
    parts,
    sums: totals(parts),
  };
}

/** The result's place on the page. */
export class Summary {
  #find;

  constructor(root) {
    this.#find = (id) => root.getElementById(id);
  }

  /** @returns {{state: string, sentence: string}} what the chart and the live region should show */
  show(judgement, { voice, name, meant, gaps }) {
    const told = describe(judgement, { voice, meant, gaps });
    this.#find("result-from").textContent = strings.result.from(name, judgement.duration_s);
    this.#find("result-sentence").textContent = told.sentence;
    this.#find("result-beside").textContent = told.beside;
    this.#find("result").dataset.emotion = judgement.emotion ?? "";
    this.#find("result").hidden = false;
    this.#find("headline").hidden = true;
    drawStrip(this.#find("strip"), told.parts);
    drawTotals(this.#find("totals"), told.sums);
    return told;
  }

  hide() {
    this.#find("result").hidden = true;
    this.#find("headline").hidden = false;
  }
}

