import assert from "node:assert/strict";
import { test } from "node:test";

import { follow, groupOf, initial } from "../../static/js/headline.js";
import { kindOf } from "../../static/js/timeline.js";

// "unsure 2, happy 1" -> windows that end a quarter of a second apart.
function windows(text) {
  let at = 0;
  return text.split(", ").flatMap((part) => {
    const [kind, seconds] = part.split(" ");
    return Array.from({ length: Number(seconds) * 4 }, () => {
      at += 0.25;
      const state = { silence: "silence", other: "silence", unsure: "unsure" }[kind] ?? "speech";
      return { start_s: Math.max(0, at - 3), end_s: at, state, emotion: state === "speech" ? kind : null, other_sound: kind === "other" };
    });
  });
}

function headlines(all) {
  let shown = initial;
  return all.map((window) => {
    shown = follow(shown, window);
    return shown.kind;
  });
}

const distinct = (kinds) => kinds.filter((kind, index) => kind !== kinds[index - 1]);
const told = (text) => distinct(headlines(windows(text)));

test("before the first emotion the headline listens, and after it unsure speech is unsure", () => {
  assert.deepEqual(told("unsure 1.5, happy 2, unsure 2"), ["listening", "happy", "unsure"]);
  assert.deepEqual(told("silence 2, unsure 1.5, neutral 2"), ["silence", "listening", "neutral"]);
});

test("the first emotion is shown at once", () => {
  const kinds = headlines(windows("unsure 0.25, sad 0.25"));
  assert.deepEqual(kinds, ["listening", "sad"]);
});

test("speech that stays unsure for five seconds is called unsure, and silence does not count", () => {
  assert.deepEqual(told("unsure 4.75"), ["listening"]);
  assert.deepEqual(told("unsure 6"), ["listening", "unsure"]);
  assert.deepEqual(told("unsure 2, silence 8, unsure 2"), ["listening", "silence", "listening"]);
});

test("a headline stays for a second, so that a short pause does not replace it", () => {
  assert.deepEqual(told("happy 0.5, silence 0.25, happy 2"), ["happy"]);
  assert.deepEqual(told("happy 2, silence 0.5, happy 2"), ["happy", "silence", "happy"]);
  assert.deepEqual(headlines(windows("happy 2, silence 0.5, happy 2")).filter((kind) => kind === "silence").length, 4);
});

test("another sound has its own headline", () => assert.deepEqual(told("happy 2, other 2, silence 2"), ["happy", "other", "silence"]));

test("for any windows the headline changes no oftener than their kinds, and shows each for at least a second", () => {
  const kinds = ["happy", "sad", "silence", "other", "unsure"];
  for (let round = 0; round < 300; round += 1) {
    const text = Array.from({ length: 60 }, () => `${kinds[Math.floor(Math.random() * kinds.length)]} ${0.25 * (1 + Math.floor(Math.random() * 6))}`).join(", ");
    const all = windows(`happy 1, ${text}`);
    const shown = headlines(all);
    assert.ok(distinct(shown).length <= distinct(all.map(kindOf)).length, text);
    let run = 0;
    for (const [index, kind] of shown.entries()) {
      run = kind === shown[index - 1] ? run + 1 : 1;
      if (index + 1 < shown.length && shown[index + 1] !== kind) assert.ok(run >= 4, text);
    }
  }
});

test("every emotion is speech to styles and sentences, and the other headlines are themselves", () => {
  assert.deepEqual(["happy", "bored", "listening", "silence", "other", "unsure"].map(groupOf), ["speech", "speech", "listening", "silence", "other", "unsure"]);
});
