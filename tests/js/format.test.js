import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, capital, clockTime, duration, percent } from "../../static/js/format.js";

test("the clock shows whole seconds that have passed, never more", () => {
  assert.deepEqual([0, 0.99, 59.999, 60, 75.9, 3600, 3661].map(clockTime), ["0:00", "0:00", "0:59", "1:00", "1:15", "1:00:00", "1:01:01"]);
  assert.equal(clockTime(-1), "0:00");
});

test("short durations have tenths, long ones minutes", () => {
  assert.deepEqual([0, 3.24, 59.9, 75].map(duration), ["0.0\u00a0s", "3.2\u00a0s", "59.9\u00a0s", "1:15"]);
});

test("shares are whole per cents", () => assert.deepEqual([0, 0.714, 0.996, 1].map(percent), ["0\u00a0%", "71\u00a0%", "100\u00a0%", "100\u00a0%"]));

test("sizes are written in the unit that suits them", () => assert.deepEqual([12, 5000, 3.5e6].map(bytes), ["12\u00a0bytes", "5\u00a0KB", "3.5\u00a0MB"]));

test("a word gets its capital", () => assert.equal(capital("angry"), "Angry"));
