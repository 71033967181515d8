import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting } from "../../static/js/labels.js";

const widths = [3.5, 3, 2, 3.2, 4.5]; // of their size, as "Neutral" or "Fearful" are

test("where there is room the words have their full size", () => assert.deepEqual(fitting(widths, 120, 14), { size: 14, tilt: 0 }));

test("where there is less they are smaller, and stand apart", () => {
  for (let room = 47; room < 120; room += 1) {
    const { size, tilt } = fitting(widths, room, 14);
    assert.equal(tilt, 0, `${room}`);
    assert.ok(size >= 10 && size <= 14);
    for (let i = 1; i < widths.length; i += 1) assert.ok(((widths[i - 1] + widths[i]) / 2) * size <= room - 6, `${room}: word ${i}`);
  }
});

test("a long word takes the room that a short neighbour leaves", () => {
  assert.equal(fitting([2, 5, 2], 55, 14).size, 14);
  assert.ok(fitting([5, 4.5, 2], 55, 14).size < 10.5);
});

test("where not even the smallest fits, words are tilted rather than unreadable", () => {
  const { size, tilt } = fitting(widths, 40, 14);
  assert.ok(size >= 10);
  assert.ok(tilt > 20);
});

test("a single word has nothing to touch", () => assert.deepEqual(fitting([9], 10, 14), { size: 14, tilt: 0 }));
