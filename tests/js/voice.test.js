import assert from "node:assert/strict";
import { test } from "node:test";

import { Heard } from "../../static/js/calibration.js";
import { Voice, moved } from "../../static/js/voice.js";

function memory(kept = {}) {
  return { kept, get: (name) => kept[name] ?? null, put: (name, value) => void (kept[name] = value) };
}

const told = { speaker: "AQab-_9", speech_s: 8.4 };

test("a calibration is used until it is switched off, and again when switched on", () => {
  const place = memory();
  const voice = new Voice(place);
  assert.equal(voice.speaker, null);
  voice.keep(told, null);
  assert.equal(voice.speaker, told.speaker);
  voice.turn(false);
  assert.equal(voice.speaker, null);
  assert.equal(new Voice(place).kept.speech_s, 8.4);
  assert.equal(new Voice(place).speaker, null);
  voice.turn(true);
  assert.equal(new Voice(place).speaker, told.speaker);
  voice.forget();
  assert.equal(new Voice(place).kept, null);
  voice.turn(true);
  assert.equal(voice.speaker, null);
});

test("what is no calibration is not sent to a server", () => {
  for (const speaker of ["", "a b", "x".repeat(1001), 7, undefined]) {
    assert.equal(new Voice(memory({ voice: { speaker, on: true } })).speaker, null);
  }
});

test("what moved most is told with its shares, and the nearest of both", () => {
  const change = moved({ happy: 0.2, sad: 0.5, angry: 0.3 }, { happy: 0.45, sad: 0.3, angry: 0.25 });
  assert.deepEqual(change, { label: "happy", from: 0.2, to: 0.45, little: false, before: "sad", after: "happy" });
});

test("what moves less than three points hardly moves", () => {
  assert.equal(moved({ happy: 0.5, sad: 0.5 }, { happy: 0.52, sad: 0.48 }).little, true);
  assert.equal(moved({ happy: 0.2451, sad: 0.7549 }, { happy: 0.2249, sad: 0.7751 }).little, false, "25 % and 22 % are three points to who reads them");
  assert.equal(moved({ happy: 0.5, sad: 0.5 }, { happy: 0.54, sad: 0.46 }).little, false);
});

test("seconds of speech are counted once, and silence not at all", () => {
  const heard = new Heard();
  const windows = [[0, 1, "speech"], [0, 1.5, "unsure"], [0, 2, "silence"], [0, 3, "speech"], [0, 3, "speech"]];
  for (const [start_s, end_s, state] of windows) heard.add({ start_s, end_s, state });
  assert.equal(heard.seconds, 2.5);
  assert.equal(heard.end_s, 3);
});

test("ten seconds of speech are enough, and who stays silent is not kept waiting", () => {
  const after = (seconds, end_s) => Object.assign(new Heard(), { seconds, end_s }).over;
  assert.equal(after(10, 12), true);
  assert.equal(after(6, 15), false);
  assert.equal(after(1, 14), false);
  assert.equal(after(1, 15), true);
  assert.equal(after(9, 40), true);
});
