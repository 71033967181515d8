// Draws loudness as a row of rounded bars that scrolls while recording. What is shown afterwards is picture.js.

import { PeakRow, height, peak, peaksOf } from "./peaks.js";
import { calm, onThemeChange, palette } from "./palette.js";

const STEP = 5; // CSS pixels from bar to bar
const BAR = 3;
const SLOT_S = 0.05;

export class Waveform {
  #canvas;
  #context;
  #shown = [];
  #row = new PeakRow(SLOT_S);
  #frame = 0;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    new ResizeObserver(() => this.#draw()).observe(canvas);
    onThemeChange(() => this.#draw());
  }

  /** A new recording begins. */
  clear() {
    this.stop();
    this.#row = new PeakRow(SLOT_S);
    this.#shown = [];
    this.#draw();
  }

  /**
   * Follows a microphone until `stop`.
   * @param {AnalyserNode} analyser
   * @param {() => number} seconds the recording's clock
   */
  follow(analyser, seconds) {
    this.stop();
    const samples = new Float32Array(analyser.fftSize);
    let drawn = -1;
    const step = () => {
      analyser.getFloatTimeDomainData(samples);
      this.#row.put(seconds(), peak(samples));
      // With reduced motion the picture moves twice a second, not sixty times.
      const tick = Math.floor(seconds() / (calm() ? 0.5 : SLOT_S));
      if (tick !== drawn) {
        drawn = tick;
        this.#shown = this.#row.last(this.#bars());
        this.#draw();
      }
      this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #bars() {
    return Math.max(1, Math.floor(this.#canvas.clientWidth / STEP));
  }

  #draw() {
    const { clientWidth: width, clientHeight: tall } = this.#canvas;
    if (!width || !tall) return;
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(tall * ratio);
    const context = this.#context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, tall);
    const look = palette();
    const count = this.#bars();
    const bars = this.#shown.length === count ? this.#shown : peaksOf(Float32Array.from(this.#shown), count);
    let loud = 0;
    for (let i = 0; i < count; i += 1) {
      const share = height(bars[i] || 0);
      loud = Math.max(loud, share);
      const size = Math.max(BAR, share * tall);
      context.fillStyle = look.color(share > 0 ? "accent" : "line");
      context.beginPath();
      context.roundRect(i * STEP, (tall - size) / 2, BAR, size, BAR / 2);
      context.fill();
    }
    this.#canvas.dataset.loud = loud.toFixed(3);
  }
}
