import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, capital, clockTime, duration, percent } from "../../static/js/format.js";

test("the clock shows whole seconds that have passed, never more", () => {
  assert.deepEqual([0, 0.99, 59.999, 60, 75.9, 3600, 3661].map(clockTime), ["0:00", "0:00", "0:59", "1:00", "1:15", "1:00:00", "1:01:01"]);
  assert.equal(clockTime(-1), "0:00");
});

test("short durations have tenths, long ones minutes", () => {
  assert.deepEqual([0, 3.24, 59.9, 75].map(duration), ["0.0 s", "3.2 s", "59.9 s", "1:15"]);
});

test("shares are whole per cents", () => assert.deepEqual([0, 0.714, 0.996, 1].map(percent), ["0 %", "71 %", "100 %", "100 %"]));

test("sizes are written in the unit that suits them", () => assert.deepEqual([12, 5000, 3.5e6].map(bytes), ["12 bytes", "5 KB", "3.5 MB"]));

test("a word gets its capital", () => assert.equal(capital("angry"), "Angry"));
