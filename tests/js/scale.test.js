import assert from "node:assert/strict";
import { test } from "node:test";

import { nudge, pixelsPerSecond, secondAt, ticks, zoomable } from "../../static/js/scale.js";

test("zoom goes from all in view to close, by equal factors", () => {
  assert.equal(pixelsPerSecond(0, 600, 600), 1);
  assert.ok(Math.abs(pixelsPerSecond(1, 600, 600) - 120) < 1e-9);
  const ratio = pixelsPerSecond(0.5, 600, 600) / pixelsPerSecond(0, 600, 600);
  assert.ok(Math.abs(pixelsPerSecond(1, 600, 600) / pixelsPerSecond(0.5, 600, 600) - ratio) < 1e-9);
});

test("what is short is never made smaller than the view, and offers no zoom", () => {
  assert.equal(pixelsPerSecond(1, 1000, 2), 500);
  assert.equal(zoomable(1000, 2), false);
  assert.equal(zoomable(1000, 60), true);
});

test("a point in view is a second of the recording, wherever it is scrolled to, and never outside of it", () => {
  assert.equal(secondAt(50, { scroll: 0, width: 100, duration_s: 10 }), 5);
  assert.equal(secondAt(50, { scroll: 950, width: 2000, duration_s: 10 }), 5);
  assert.deepEqual([-5, 150].map((x) => secondAt(x, { scroll: 0, width: 100, duration_s: 10 })), [0, 10]);
});

test("an arrow key goes further in a long recording", () => assert.deepEqual([3, 60, 600].map(nudge), [0.5, 2, 5]));

test("times stand far enough apart, at round seconds, and the last does not stick out", () => {
  assert.deepEqual(ticks(6, 600), [0, 1, 2, 3, 4, 5]);
  for (const [duration_s, width] of [[0.3, 300], [12.2, 340], [600, 1000], [1800, 320], [595, 60000], [40000, 300]]) {
    const found = ticks(duration_s, width);
    const least = (72 * duration_s) / width;
    assert.equal(found[0], 0);
    for (let i = 1; i < found.length; i += 1) assert.ok(found[i] - found[i - 1] >= least - 1e-9);
    if (found.length > 1) assert.ok(duration_s - found.at(-1) >= least * 0.59);
  }
});
