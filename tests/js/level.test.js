import assert from "node:assert/strict";
import { test } from "node:test";

import { LOWEST_DB, Level, measure } from "../../static/js/level.js";

const tone = (size, count = 2048) => Float32Array.from({ length: count }, (_, i) => size * Math.sin(i / 7));

/** Hears `seconds` of sound that is `loud` dB for half of each second and `low` dB for the other; returns the hints met. */
function talk(level, from, seconds, { loud, low = -70, clipped = false }) {
  const hints = [];
  for (let now = from; now < from + seconds; now += 0.06) {
    const hint = level.hear({ db: now % 1 < 0.5 ? loud : low, clipped }, now);
    if (hints.at(-1) !== hint) hints.push(hint);
  }
  return hints;
}

test("a full sine lies three decibels below full scale, and half of it six further down", () => {
  assert.ok(Math.abs(measure(tone(1)).db + 3.01) < 0.05);
  assert.ok(Math.abs(measure(tone(0.5)).db - measure(tone(1)).db + 6.02) < 0.01);
  assert.deepEqual(measure(new Float32Array(64)), { db: LOWEST_DB, clipped: false });
  assert.deepEqual(measure(new Float32Array(0)), { db: LOWEST_DB, clipped: false });
});

test("a flat top is cut off, a single high sample is not", () => {
  assert.equal(measure(tone(1.6).map((value) => Math.max(-1, Math.min(1, value)))).clipped, true);
  assert.equal(measure(Float32Array.of(0, 0.4, 1, 0.4, 0)).clipped, false);
  assert.equal(measure(tone(0.9)).clipped, false);
});

test("ordinary speech gets no hint", () => assert.deepEqual(talk(new Level(), 0, 12, { loud: -24 }), [""]));

test("speech that is far too quiet is told so once it has lasted", () => {
  const level = new Level();
  assert.deepEqual(talk(level, 0, 2, { loud: -52 }), [""]);
  assert.deepEqual(talk(level, 2, 6, { loud: -52 }), ["", "quiet"]);
});

test("a quiet hint stays until the voice is well above its threshold: it does not flicker around it", () => {
  const level = new Level();
  talk(level, 0, 6, { loud: -52 });
  assert.deepEqual(talk(level, 6, 8, { loud: -45 }), ["quiet"]);
  assert.deepEqual(talk(level, 14, 8, { loud: -38 }), [""]);
  assert.deepEqual(talk(level, 22, 8, { loud: -45 }), [""]);
});

test("who says nothing is not told to speak up, however quiet the room", () => {
  assert.deepEqual(talk(new Level(), 0, 12, { loud: -60, low: -63 }), [""]);
});

test("the last of a word, fading into digital silence, is not quiet speech", () => {
  const level = new Level();
  talk(level, 0, 5, { loud: -20 });
  const hints = new Set();
  for (let now = 5; now < 7.8; now += 0.06) hints.add(level.hear({ db: now < 5.4 ? -50 : LOWEST_DB, clipped: false }, now));
  for (let now = 7.8; now < 8.3; now += 0.06) hints.add(level.hear({ db: LOWEST_DB, clipped: false }, now));
  assert.deepEqual([...hints], [""]);
});

test("a muted microphone is told as such, and no longer once something comes", () => {
  const level = new Level();
  assert.deepEqual(talk(level, 0, 4.9, { loud: LOWEST_DB, low: LOWEST_DB }), [""]);
  assert.deepEqual(talk(level, 4.9, 3, { loud: LOWEST_DB, low: LOWEST_DB }), ["", "nothing"]);
  assert.deepEqual(talk(level, 8, 6, { loud: -25 }), [""]);
});

test("what is cut off is too loud at once, and for three seconds after the last time", () => {
  const level = new Level();
  assert.deepEqual(talk(level, 0, 1, { loud: -4, clipped: true }), ["", "loud"]);
  assert.deepEqual(talk(level, 1, 2.5, { loud: -20 }), ["loud"]);
  assert.deepEqual(talk(level, 3.5, 3, { loud: -20 }), ["loud", ""]);
});

test("a single cut-off moment is no reason", () => {
  const level = new Level();
  talk(level, 0, 2, { loud: -20 });
  assert.equal(level.hear({ db: -2, clipped: true }, 2), "");
  assert.deepEqual(talk(level, 2.06, 4, { loud: -20 }), [""]);
});
