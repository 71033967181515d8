import assert from "node:assert/strict";
import { test } from "node:test";

import { Heard } from "../../static/js/calibration.js";
import { Voice, isProfile, moved } from "../../static/js/voice.js";

function memory(kept = {}) {
  return { kept, get: (name) => kept[name] ?? null, put: (name, value) => void (kept[name] = value) };
}

const told = { speaker: "AQab-_9".repeat(4), speech_s: 8.4 };
const answer = { speaker: "Bcd012_-".repeat(200), clips: { happy: 2, sad: 1 }, check: null, separates: true };

test("a calibration is used until it is switched off, and again when switched on", () => {
  const place = memory();
  const never = memory();
  const voice = new Voice(place, never);
  assert.equal(voice.speaker, null);
  voice.keep(told, null);
  assert.equal(voice.speaker, told.speaker);
  voice.turn(false);
  assert.equal(voice.speaker, null);
  assert.equal(new Voice(place, never).kept.speech_s, 8.4);
  assert.equal(new Voice(place, never).speaker, null);
  voice.turn(true);
  assert.equal(new Voice(place, never).speaker, told.speaker);
  voice.forget();
  assert.equal(new Voice(place, never).kept, null);
  voice.turn(true);
  assert.equal(voice.speaker, null);
});

test("what is no calibration is not sent to a server", () => {
  for (const speaker of ["", "short", "a b".repeat(20), "x".repeat(4097), 7, undefined]) {
    assert.equal(new Voice(memory({ voice: { speaker, on: true } }), memory()).speaker, null);
    assert.equal(isProfile(speaker), false);
  }
});

test("a taught profile takes the place of a calibration", () => {
  const voice = new Voice(memory(), memory());
  voice.keep(told, null);
  voice.teach(answer);
  assert.equal(voice.speaker, answer.speaker);
  assert.deepEqual(voice.kept.taught, { clips: answer.clips, check: null, separates: true });
});

test("a profile is remembered in the browser only where the visitor wishes, and forgotten there too", () => {
  const lasting = memory();
  const voice = new Voice(memory(), lasting);
  voice.keep(told, null);
  assert.equal(voice.remembered, false);
  assert.equal(lasting.get("voice"), null);
  voice.remember(true);
  assert.equal(new Voice(memory(), lasting).speaker, told.speaker);
  voice.teach(answer);
  assert.equal(new Voice(memory(), lasting).speaker, answer.speaker, "what is learnt later is remembered as well");
  voice.remember(false);
  assert.equal(new Voice(memory(), lasting).speaker, null);
  voice.remember(true);
  voice.forget();
  assert.deepEqual([voice.kept, lasting.get("voice"), voice.remembered], [null, null, false]);
});

test("a file is taken only if it may hold a profile, and else changes nothing", () => {
  const voice = new Voice(memory(), memory());
  voice.keep(told, null);
  assert.equal(voice.load("this is a letter, not a profile", "letter.txt"), false);
  assert.equal(voice.speaker, told.speaker);
  assert.equal(voice.load(`${answer.speaker}\n`, "me.speaker"), true);
  assert.deepEqual([voice.speaker, voice.kept.file], [answer.speaker, "me.speaker"]);
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
