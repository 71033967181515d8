import assert from "node:assert/strict";
import { test } from "node:test";

import { utterances } from "../../static/js/utterances.js";

// "happy 2, silence 1" -> windows that end a quarter of a second apart.
const windows = (text) => {
  let at = 0;
  return text.split(", ").flatMap((part) => {
    const [kind, seconds] = part.split(" ");
    return Array.from({ length: Number(seconds) * 4 }, () => {
      at += 0.25;
      const state = { silence: "silence", other: "silence", unsure: "unsure" }[kind] ?? "speech";
      const emotion = state === "speech" ? kind : null;
      return { start_s: Math.max(0, at - 3), end_s: at, state, emotion, probabilities: {}, other_sound: kind === "other" };
    });
  });
};
const told = (text) => utterances(windows(text), 0).map(({ kind, start_s, end_s }) => `${kind} ${Number(start_s.toFixed(3))}-${end_s}`);

test("another sound parts utterances as silence does, and is none", () => {
  assert.deepEqual(told("other 1, happy 2, other 0.5, sad 3"), told("silence 1, happy 2, silence 0.5, sad 3"));
  assert.deepEqual(told("other 2"), []);
});

test("silence parts utterances, and a voice begins a little before it has been recognised", () => {
  assert.deepEqual(told("silence 1, happy 2, silence 0.5, sad 3"), ["happy 0.6-3", "sad 3.1-6.5"]);
  assert.deepEqual(told("silence 0.25, happy 2"), ["happy 0-2.25"]);
});

test("a moment of another kind is part of an utterance, which is what it was for longest", () => {
  assert.deepEqual(told("unsure 0.5, happy 3, angry 1, happy 1"), ["happy 0-5.5"]);
});

test("a voice that changes for good begins another utterance without a pause", () => {
  assert.deepEqual(told("happy 4, angry 4"), ["happy 0-4", "angry 4-8"]);
});

test("speech that is like none of the five is an utterance too, and silence is none", () => {
  assert.deepEqual(told("unsure 2, silence 2"), ["unsure 0-2"]);
  assert.deepEqual(told("silence 2"), []);
  assert.deepEqual(utterances([], 3), []);
});

test("what was not judged parts utterances as well", () => {
  const [first, ...rest] = windows("happy 1");
  const late = { ...first, start_s: 8, end_s: 11 };
  assert.deepEqual(utterances([first, ...rest, late], 11).map(({ start_s, end_s }) => [start_s, end_s]), [[0, 1], [8, 11]]);
});
