// A sample clip's card: what is known of the clip, play and judge, and what was heard beside what was meant.

import { compare } from "./comparison.js";
import { duration } from "./format.js";
import { strings, word } from "./strings.js";

// A sign beside the words, so that no colour is needed.
const SIGNS = { match: "✓", differs: "≠", unsure: "?", silence: "–", unlabelled: "" };

/** What kind of voice it is, and whose: pure. */
export function tags({ synthetic, acted, voice }) {
  const kind = synthetic ? strings.sample.synthetic : acted ? strings.clip.acted : strings.sample.recorded;
  return voice ? [kind, strings.clip.voices[voice] ?? voice] : [kind];
}

export class Card {
  #sample;
  #play;
  #judge;
  #heard = make("p", "heard", strings.clip.not_yet);
  #outcome = make("p", "outcome");
  #played = make("progress", "played");

  /**
   * @param {object} sample as the API lists it
   * @param {string} name
   * @param {{onPlay: (card: Card) => void, onJudge: (sample: object) => void}} actions
   */
  constructor(sample, name, { onPlay, onJudge }) {
    this.#sample = sample;
    this.name = name;
    this.element = make("li", "sample");
    this.element.dataset.url = sample.url;
    this.element.dataset.emotion = sample.emotion ?? "";
    this.#play = button("play", () => onPlay(this));
    this.#judge = button("judge", () => onJudge(sample));
    this.#judge.textContent = strings.sample.predict;
    this.#judge.setAttribute("aria-label", strings.sample.predict_label(name));
    this.#played.max = 1;
    this.#played.setAttribute("aria-label", strings.clip.played);
    this.quiet();
    this.element.append(make("h3", "", name), ...this.#facts(), this.#comparison(), this.#played, make("div", "buttons"));
    this.element.lastElementChild.append(this.#play, this.#judge);
  }

  get url() {
    return this.#sample.url;
  }

  /** @param {number} share of the clip that has been played */
  playing(share) {
    this.#label(strings.sample.playing, strings.clip.stop_label(this.name));
    this.element.dataset.playing = "true";
    this.#played.value = share;
  }

  quiet() {
    this.#label(strings.sample.play, strings.sample.play_label(this.name));
    delete this.element.dataset.playing;
    this.#played.value = 0;
  }

  /** Writes what was heard beside what was meant; tells how they compare. */
  heard(judgement) {
    const { emotion, probabilities } = judgement;
    const outcome = compare(this.#sample.emotion, judgement);
    const other = outcome === "unsure" ? strings.clip.unsure : strings.sample.heard_none;
    this.#heard.textContent = emotion ? strings.sample.heard(word(emotion), probabilities[emotion]) : other;
    this.#heard.className = `heard ${emotion ? `c-${emotion}` : `c-${outcome}`}`;
    const sign = make("span", "", SIGNS[outcome]);
    sign.setAttribute("aria-hidden", "true");
    this.#outcome.replaceChildren(sign, strings.clip.outcomes[outcome]);
    this.#outcome.hidden = outcome === "unlabelled";
    this.element.dataset.outcome = outcome;
    return outcome;
  }

  choose(on) {
    this.element.classList.toggle("chosen", on);
  }

  enable(on) {
    this.#judge.disabled = !on;
  }

  focus() {
    (this.#judge.disabled ? this.#play : this.#judge).focus({ preventScroll: true });
  }

  #facts() {
    const { text, duration_s, source, licence } = this.#sample;
    const kind = make("p", "facts");
    kind.append(...tags(this.#sample).map((tag) => make("span", "tag", tag)), duration_s ? duration(duration_s) : "");
    const origin = make("p", "facts", source ?? "");
    if (licence) origin.append(source ? " · " : "", make("span", "licence", licence));
    return [...(text ? [make("p", "said", strings.clip.said(text))] : []), kind, origin];
  }

  #comparison() {
    const { emotion } = this.#sample;
    const box = make("div", "comparison");
    const words = make("div");
    words.append(make("p", `meant${emotion ? ` c-${emotion}` : ""}`, emotion ? strings.sample.meant(word(emotion)) : strings.sample.unlabelled), this.#heard);
    this.#outcome.hidden = true;
    box.append(words, this.#outcome);
    return box;
  }

  #label(text, label) {
    if (this.#play.textContent === text) return;
    this.#play.textContent = text;
    this.#play.setAttribute("aria-label", label);
  }
}

function button(className, act) {
  const element = make("button", className);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
