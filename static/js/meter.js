// The input's level as a bar, and a word where it is too quiet or too loud.

import { Level, measure } from "./level.js";
import { calm } from "./palette.js";
import { strings } from "./strings.js";

const EACH_MS = 60;
const FALL_DB = 3; // a step: up at once, down slowly, as meters do

export class Meter {
  #bar;
  #hint;
  #timer = 0;

  /** @param {HTMLMeterElement} bar in dBFS  @param {HTMLElement} hint a polite live region */
  constructor(bar, hint) {
    this.#bar = bar;
    this.#hint = hint;
  }

  /** @param {AnalyserNode} analyser followed until `rest` */
  follow(analyser) {
    this.rest();
    if (!analyser) return;
    const level = new Level();
    const samples = new Float32Array(analyser.fftSize);
    let shown = this.#bar.min;
    let ticks = 0;
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const measured = measure(samples);
      this.#say(level.hear(measured, performance.now() / 1000));
      shown = Math.max(measured.db, shown - FALL_DB, this.#bar.min);
      ticks += 1;
      // With reduced motion it moves twice a second.
      if (!calm() || ticks % 8 === 0) this.#bar.value = shown;
    }, EACH_MS);
  }

  rest() {
    clearInterval(this.#timer);
    this.#bar.value = this.#bar.min;
    this.#say("");
  }

  #say(hint) {
    if (this.#hint.dataset.hint === hint) return;
    this.#hint.dataset.hint = hint;
    this.#bar.dataset.hint = hint;
    this.#hint.textContent = hint ? strings.studio.level[hint] : "";
  }
}
