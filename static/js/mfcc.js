// Draws the MFCC picture of the window being judged: the last three seconds, time to the right, coefficients upwards.

import { table } from "./colormap.js";

const FRAMES = 300; // 3 s at a hop of 10 ms
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

  constructor(canvas) {
    this.#canvas = canvas;
    canvas.width = FRAMES;
    canvas.height = COLUMNS;
    this.#context = canvas.getContext("2d");
    this.#image = this.#context.createImageData(FRAMES, COLUMNS);
    this.clear();
  }

  /** @param {{coefficients: number, data: ArrayBuffer}} message a `frames` event */
  push(message) {
    if (message.coefficients !== COLUMNS) return;
    this.#window.push(toInt8(message.data));
    this.#canvas.dataset.frames = String(this.#window.filled);
    this.#ask();
  }

  clear() {
    this.#window.clear();
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
  }
}
