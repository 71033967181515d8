import assert from "node:assert/strict";
import { test } from "node:test";

import { Heard, changeOf } from "../../static/js/reading.js";
import { knowledge, note, verdict } from "../../static/js/voicepanel.js";

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

test("what a reading changed is told in words, and that it changed little", () => {
  const change = { label: "happy", from: 0.2, to: 0.45, little: false, before: "sad", after: "happy" };
  assert.match(changeOf(change), /“happy” most, from 20\s% to 45\s%; the nearest is now “happy”, not “sad”\./);
  assert.match(changeOf({ ...change, before: "happy" }), /the nearest stays “happy”\./);
  assert.match(changeOf({ ...change, little: true }), /hardly change/);
  assert.match(changeOf(null), /could not be shown/);
});

test("the check of the takes is told, and where they do not differ enough, that", () => {
  const resting = { name: "resting", known: [1, 2] };
  const taught = { separates: true, check: { clips: 10, untaught: 7, taught: 9 } };
  assert.deepEqual(verdict(taught, resting).filter(Boolean), ["Right on 7 of your 10 takes before, 9 now."]);
  assert.match(verdict({ ...taught, separates: false }, resting).join(""), /do not differ enough for the model, so it judges as before\.$/);
  assert.deepEqual(verdict({ ...taught, check: null }, resting).filter(Boolean), []);
  assert.deepEqual(verdict(taught, { ...resting, name: "teaching" }), []);
  assert.deepEqual(verdict(null, resting), []);
});

test("what is known of a voice is told with its counts, and where it is off, that", () => {
  const reading = { speaker: "A", speech_s: 10.24, change: null };
  const taught = { speaker: "B", clips: { neutral: 1, angry: 2 }, check: null, separates: true };
  assert.match(knowledge(null), /nothing/);
  assert.match(knowledge({ on: true, reading, taught: null }), /10\.2\ss/);
  assert.match(knowledge({ on: true, reading, taught }), /1 neutral, 2 angry/);
  assert.match(knowledge({ on: true, reading: null, taught: { ...taught, clips: null } }), /from a file/);
  assert.equal(note(null), "");
  assert.match(note({ on: false, reading, taught }), /Switched off/);
  assert.match(note({ on: true, reading, taught: null }), /10\.2\ss.*could not be shown/);
});
