// Draws the MFCC picture of what is being judged: the last five seconds, time to the right, coefficients upwards, and on it
// the window that the newest judgement looked at.

import { table } from "./colormap.js";

const FRAMES = 500;
const FRAMES_S = 100; // frames a second, at a hop of 10 ms
const COLUMNS = 40;

/** The newest frames, pure: a fixed number of rows of int8. */
export class FrameWindow {
  constructor(frames = FRAMES, coefficients = COLUMNS) {
    this.frames = frames;
    this.coefficients = coefficients;
    this.filled = 0;
    this.values = new Int8Array(frames * coefficients);
  }

  /** @param {Int8Array} rows row-major, a whole number of frames, oldest first */
  push(rows) {
    const size = this.values.length;
    const usable = rows.length - (rows.length % this.coefficients);
    const fresh = rows.subarray(Math.max(0, usable - size), usable);
    this.values.copyWithin(0, fresh.length);
    this.values.set(fresh, size - fresh.length);
    this.filled = Math.min(this.frames, this.filled + fresh.length / this.coefficients);
  }

  clear() {
    this.values.fill(0);
    this.filled = 0;
  }
}

/**
 * The part of a picture that a window covers, in shares of its width: pure.
 * @param {{start_s: number, end_s: number}} window
 * @param {number} newest_s the time at the picture's right edge
 * @param {number} span_s how much the picture shows
 * @returns {{left: number, width: number}}
 */
export function covered({ start_s, end_s }, newest_s, span_s) {
  const share = (seconds) => Math.min(1, Math.max(0, 1 - (newest_s - seconds) / span_s));
  const left = share(start_s);
  return { left, width: share(end_s) - left };
}

/** Anything binary that Socket.IO hands over -> Int8Array. */
export function toInt8(data) {
  if (data instanceof ArrayBuffer) return new Int8Array(data);
  if (ArrayBuffer.isView(data)) return new Int8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Int8Array(0);
}

/** A canvas that shows a FrameWindow. */
export class MfccPicture {
  #canvas;
  #context;
  #image;
  #window = new FrameWindow();
  #colours = table();
  #pending = false;
  #mark;
  #judged = null;
  #newest_s = 0;

  /** @param {HTMLCanvasElement} canvas  @param {HTMLElement} mark lies over it */
  constructor(canvas, mark) {
    this.#canvas = canvas;
    this.#mark = mark;
    canvas.width = FRAMES;
    canvas.height = COLUMNS;
    this.#context = canvas.getContext("2d");
    this.#image = this.#context.createImageData(FRAMES, COLUMNS);
    this.clear();
  }

  /** @param {{coefficients: number, start_s: number, data: ArrayBuffer}} message a `frames` event */
  push(message) {
    if (message.coefficients !== COLUMNS) return;
    const rows = toInt8(message.data);
    this.#window.push(rows);
    this.#newest_s = message.start_s + rows.length / COLUMNS / FRAMES_S;
    this.#canvas.dataset.frames = String(this.#window.filled);
    this.#ask();
  }

  /** @param {{start_s: number, end_s: number}} window the newest judgement's */
  judged(window) {
    this.#judged = window;
    this.#ask();
  }

  clear() {
    this.#window.clear();
    this.#judged = null;
    this.#canvas.dataset.frames = "0";
    this.#ask();
  }

  #ask() {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      this.#draw();
    });
  }

  #draw() {
    const pixels = this.#image.data;
    const { values } = this.#window;
    for (let frame = 0; frame < FRAMES; frame += 1) {
      for (let row = 0; row < COLUMNS; row += 1) {
        const from = (values[frame * COLUMNS + row] + 128) * 4;
        const to = ((COLUMNS - 1 - row) * FRAMES + frame) * 4;
        pixels[to] = this.#colours[from];
        pixels[to + 1] = this.#colours[from + 1];
        pixels[to + 2] = this.#colours[from + 2];
        pixels[to + 3] = 255;
      }
    }
    this.#context.putImageData(this.#image, 0, 0);
    this.#frameWindow();
  }

  #frameWindow() {
    this.#mark.hidden = !this.#judged;
    if (!this.#judged) return;
    const { left, width } = covered(this.#judged, Math.max(this.#newest_s, this.#judged.end_s), FRAMES / FRAMES_S);
    this.#mark.style.left = `${100 * left}%`;
    this.#mark.style.width = `${100 * width}%`;
  }
}
