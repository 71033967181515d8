import assert from "node:assert/strict";
import { test } from "node:test";

import { table } from "../../static/js/colormap.js";
import { FrameWindow, covered, toInt8 } from "../../static/js/mfcc.js";

const rows = (first, count, width = 2) => Int8Array.from({ length: count * width }, (_, i) => first + Math.floor(i / width));
const firsts = (window) => Array.from({ length: window.frames }, (_, i) => window.values[i * window.coefficients]);

test("the newest frames stand last and the oldest fall out", () => {
  const window = new FrameWindow(4, 2);
  window.push(rows(1, 3));
  assert.deepEqual(firsts(window), [0, 1, 2, 3]);
  window.push(rows(4, 2));
  assert.deepEqual(firsts(window), [2, 3, 4, 5]);
});

test("the picture does not depend on how the frames were cut", () => {
  const whole = new FrameWindow(5, 2);
  whole.push(rows(1, 9));
  const cut = new FrameWindow(5, 2);
  for (const [from, count] of [[1, 1], [2, 3], [5, 0], [5, 5]]) cut.push(rows(from, count));
  assert.deepEqual(cut.values, whole.values);
  assert.equal(cut.filled, 5);
});

test("a part of a frame is left out", () => {
  const window = new FrameWindow(3, 2);
  window.push(Int8Array.of(7, 7, 8));
  assert.deepEqual([...window.values], [0, 0, 0, 0, 7, 7]);
});

test("bytes arrive as signed numbers, from a buffer or a view into one", () => {
  const buffer = Uint8Array.of(0, 255, 128, 127).buffer;
  assert.deepEqual([...toInt8(buffer)], [0, -1, -128, 127]);
  assert.deepEqual([...toInt8(new Uint8Array(buffer, 1, 2))], [-1, -128]);
  assert.deepEqual([...toInt8("text")], []);
});

test("what is usual is dark, and lightness grows with the distance from it", () => {
  const colours = table();
  const light = (value) => {
    const at = (value + 128) * 4;
    return 0.2126 * colours[at] + 0.7152 * colours[at + 1] + 0.0722 * colours[at + 2];
  };
  for (let value = 1; value < 127; value += 1) {
    assert.ok(light(value + 1) >= light(value), `${value + 1}`);
    assert.ok(light(-value - 1) >= light(-value), `${-value - 1}`);
  }
  const blue = (100 + 128) * 4;
  const low = (-100 + 128) * 4;
  assert.ok(colours[blue] > colours[blue + 2], "high is orange");
  assert.ok(colours[low] < colours[low + 2], "low is blue");
});

test("the frame holds what a judgement looked at, and never sticks out", () => {
  assert.deepEqual(covered({ start_s: 7, end_s: 10 }, 10, 5), { left: 0.4, width: 0.6 });
  assert.deepEqual(covered({ start_s: 0, end_s: 1 }, 1, 5), { left: 0.8, width: 0.19999999999999996 });
  assert.deepEqual(covered({ start_s: 2, end_s: 5 }, 6, 4), { left: 0, width: 0.75 });
  assert.deepEqual(covered({ start_s: 7, end_s: 11 }, 10, 5), { left: 0.4, width: 0.6 });
});
