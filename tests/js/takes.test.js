import assert from "node:assert/strict";
import { test } from "node:test";

import { Ending, Takes, next } from "../../static/js/takes.js";

const sound = (text) => new Blob([text]);

test("a take is asked for, recorded and judged, and only then comes the next", () => {
  const way = ["say", "granted", "recorded", "answered"].reduce((states, event) => [...states, next(states.at(-1), event)], ["resting"]);
  assert.deepEqual(way, ["resting", "asking", "listening", "judging", "resting"]);
  for (const state of ["asking", "listening", "judging"]) assert.equal(next(state, "say"), state);
});

test("a take can be cancelled until it is judged, and a refused answer ends it", () => {
  assert.equal(next("asking", "cancelled"), "resting");
  assert.equal(next("listening", "cancelled"), "resting");
  assert.equal(next("judging", "cancelled"), "judging");
  assert.equal(next("judging", "refused"), "resting");
});

test("an event that means nothing changes no state", () => {
  for (const state of ["resting", "asking", "listening", "judging"]) assert.equal(next(state, "nonsense"), state);
});

test("takes are sent by emotion in the order of their recording", () => {
  const takes = new Takes();
  const [a, b, c] = ["happy", "sad", "happy"].map((emotion, k) => takes.add(emotion, sound(k)));
  assert.deepEqual(takes.usable(), { happy: [a, c], sad: [b] });
});

test("a take said again stands in the place of the old one", () => {
  const takes = new Takes();
  const first = takes.add("happy", sound("a"));
  takes.add("happy", sound("b"));
  const again = takes.add("happy", sound("c"), { instead: first.id });
  assert.deepEqual(takes.of("happy").map(({ id }) => id), [again.id, 2]);
});

test("a new reading replaces the old one and stays neutral", () => {
  const takes = new Takes();
  takes.read(sound("a"));
  takes.add("neutral", sound("b"));
  takes.read(sound("c"));
  assert.deepEqual(takes.of("neutral").map(({ reading }) => reading), [true, false]);
});

test("a refused take is not sent again, and the others are", () => {
  const takes = new Takes();
  const [a, b] = [takes.add("sad", sound("a")), takes.add("sad", sound("b"))];
  assert.equal(takes.blame({ code: "no_voice", emotion: "sad", clip: 1 }), true);
  assert.equal(b.refused, "no_voice");
  assert.deepEqual(takes.usable(), { sad: [a] });
  assert.equal(takes.blame({ code: "server_gone" }), false);
});

test("positions in an answer are those of the takes that were sent", () => {
  const takes = new Takes();
  const [a, b, c] = ["a", "b", "c"].map((text) => takes.add("sad", sound(text)));
  takes.blame({ code: "too_short", emotion: "sad", clip: 0 });
  takes.answered({ doubts: [{ emotion: "sad", clip: 1, resembles: "angry" }] });
  assert.deepEqual([a, b, c].map(({ resembles }) => resembles), [null, null, "angry"]);
  takes.answered({ doubts: [] });
  assert.equal(c.resembles, null);
});

test("a take that the visitor has confirmed is not asked about again", () => {
  const takes = new Takes();
  const take = takes.add("happy", sound("a"));
  takes.answered({ doubts: [{ emotion: "happy", clip: 0, resembles: "sad" }] });
  takes.keep(take.id);
  takes.answered({ doubts: [{ emotion: "happy", clip: 0, resembles: "sad" }] });
  assert.equal(take.resembles, null);
});

// Feeds levels, one each 0.05 s; returns the second at which the take is over.
function over(levels, most = 20) {
  const ending = new Ending();
  for (let k = 0; k * 0.05 <= most; k += 1) if (ending.hear(levels(k * 0.05), k * 0.05)) return k * 0.05;
  return null;
}

test("a take ends after a pause behind the sentence", () => {
  const at = over((s) => (s > 1 && s < 3 ? -25 : -62));
  assert.ok(at > 3.7 && at < 4.1, String(at));
});

test("a pause between two words does not end a take", () => {
  const at = over((s) => ((s > 1 && s < 1.5) || (s > 2 && s < 3) ? -25 : -62));
  assert.ok(at > 3.7, String(at));
});

test("a take of endless speech ends after four seconds of it", () => {
  const at = over((s) => (s > 0.5 ? -25 + 12 * Math.sin(9 * s) : -62));
  assert.ok(at > 4.3 && at < 4.8, String(at));
});

test("a take without a word ends after a while", () => {
  const at = over(() => -60);
  assert.ok(at >= 7 && at < 7.2, String(at));
});
