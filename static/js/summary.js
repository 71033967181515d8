// A finished judgement in words and as a strip of time. `describe` is pure; `Summary` puts it on the page.

import { moment } from "./format.js";
import { drawStrip, drawTotals } from "./strip.js";
import { strings, word } from "./strings.js";
import { ranked, segments, totals } from "./timeline.js";

/**
 * @param {object} judgement the API's object
 * @param {{voice: "yours"|"clip", meant?: string}} about
 * @returns {{sentence: string, beside: string, state: string, parts: object[], sums: object[]}}
 */
export function describe(judgement, { voice, meant = null, gaps = 0 }) {
  const { emotion, probabilities, timeline, duration_s } = judgement;
  const parts = segments(timeline, duration_s);
  const spoken = timeline.some((window) => window.state !== "silence");
  const sounded = timeline.some((window) => window.other_sound);
  const beside = [];
  let sentence;
  if (emotion) {
    sentence = strings.result[voice](word(emotion), probabilities[emotion]);
    const second = ranked(probabilities).find(([label]) => label !== emotion);
    if (second) beside.push(strings.result.next(word(second[0]), second[1]));
  } else {
    sentence = spoken ? strings.result.unsure : sounded ? strings.result.other : strings.result.silent;
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

const MOST_TIMES = 3;

/**
 * The server's warnings as one text, each kind once: pure.
 * @param {{code: string, message: string, at_s: ?number}[]} warnings
 * @param {number} duration_s
 */
export function caution(warnings, duration_s) {
  const known = ({ code }) => Object.hasOwn(strings.warnings, code);
  const kinds = new Set(warnings.map((warning) => (known(warning) ? warning.code : warning.message)));
  return [...kinds].map((kind) => {
    if (!known({ code: kind })) return kind; // the server's own words
    const alike = warnings.filter(({ code, at_s }) => code === kind && Number.isFinite(at_s));
    const times = [...new Set(alike.map(({ at_s }) => moment(at_s, duration_s)))];
    const at = times.length ? strings.warning_at(times.slice(0, MOST_TIMES).join(", "), Math.max(0, times.length - MOST_TIMES)) : "";
    return strings.warnings[kind](at);
  }).join(" ");
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
    const warned = caution(judgement.warnings ?? [], judgement.duration_s);
    this.#find("result-warnings").textContent = warned;
    this.#find("result-warnings").hidden = !warned;
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

