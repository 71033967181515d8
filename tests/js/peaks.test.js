import assert from "node:assert/strict";
import { test } from "node:test";

import { PeakRow, height, peak, peaksOf } from "../../static/js/peaks.js";

test("a peak is the largest magnitude, of either sign", () => {
  assert.equal(peak(Float32Array.of(0.25, -0.5, 0.1)), 0.5);
  assert.equal(peak(new Float32Array(0)), 0);
});

test("a clip's peaks cover every sample, whether it has more or fewer than the picture has bars", () => {
  const samples = new Float32Array(1003);
  samples[1002] = 1;
  samples[0] = 0.5;
  const found = peaksOf(samples, 10);
  assert.deepEqual([found.length, found[0], found[9]], [10, 0.5, 1]);
  assert.deepEqual([...peaksOf(Float32Array.of(0.25, 1), 4)], [0.25, 0.25, 1, 1]);
});

test("peaks are kept by their time: the loudest of a slot counts, a gap is silent", () => {
  const row = new PeakRow(0.1);
  row.put(0.02, 0.2);
  row.put(0.07, 0.1);
  row.put(0.35, 0.9);
  assert.deepEqual([...row.values], [0.2, 0, 0, 0.9]);
  assert.deepEqual(row.last(2), [0, 0.9]);
  assert.deepEqual(row.last(6), [0, 0, 0.2, 0, 0, 0.9]);
});

test("heights grow with loudness, silence has none and full scale all", () => {
  assert.deepEqual([height(0), height(0.0005), height(1), height(2)], [0, 0, 1, 1]);
  assert.ok(height(0.01) > 0.05 && height(0.01) < height(0.1));
});
