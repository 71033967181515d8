import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer, announced } from "../../static/js/announcer.js";

const sounds = (emotion) => `sounds ${emotion}`;

function listen(...heard) {
  const said = [];
  const announcer = new Announcer((text) => said.push(text));
  for (const emotion of heard) announcer.heard(emotion, sounds);
  return { said, announcer };
}

const times = (count, emotion) => new Array(count).fill(emotion);

test("an emotion is told once, however often it is predicted", () => {
  assert.deepEqual(listen(...times(2400, "happy")).said, ["sounds happy"]);
});

test("another emotion is told when it has won and stays", () => {
  assert.deepEqual(listen(...times(8, "happy"), ...times(8, "sad"), ...times(8, "happy")).said, ["sounds happy", "sounds sad", "sounds happy"]);
});

test("a winner that flickers is not told at all", () => {
  const flicker = Array.from({ length: 400 }, (_, i) => (i % 2 ? "happy" : "sad"));
  assert.deepEqual(listen(...flicker).said, []);
  assert.deepEqual(listen(...times(8, "happy"), "sad", "sad", ...times(8, "happy")).said, ["sounds happy"]);
});

test("silence is not told, and the same voice after it is no news", () => {
  assert.deepEqual(listen(...times(8, "happy"), ...times(40, null), ...times(8, "happy")).said, ["sounds happy"]);
});

test("another sound that stays is told, and the emotion anew after it", () => {
  assert.deepEqual(listen(...times(8, "happy"), ...times(8, "other"), ...times(8, "happy")).said, ["sounds happy", "sounds other", "sounds happy"]);
  assert.deepEqual(listen(...times(3, "other"), null, ...times(3, "other")).said, []);
});

test("a window is announced by its emotion or as another sound, and silence and unsure speech are not", () => {
  const window = (state, emotion, other_sound) => ({ state, emotion, other_sound });
  const all = [window("speech", "sad", false), window("silence", null, true), window("silence", null, false), window("unsure", null, false)];
  assert.deepEqual(all.map(announced), ["sad", "other", null, null]);
});

test("a state is told when it changes, and an emotion anew after it", () => {
  const { said, announcer } = listen();
  announcer.state("Listening…");
  for (let i = 0; i < 20; i += 1) {
    announcer.state("Listening…");
    announcer.heard("angry", sounds);
  }
  announcer.state("Paused.");
  announcer.state("Listening…");
  for (let i = 0; i < 20; i += 1) announcer.heard("angry", sounds);
  assert.deepEqual(said, ["Listening…", "sounds angry", "Paused.", "Listening…", "sounds angry"]);
});
