import assert from "node:assert/strict";
import { test } from "node:test";

import { Timeline, judge, kindOf, ranked, segments, totals, winner } from "../../static/js/timeline.js";

const window = (end_s, emotion, state = "speech") => ({
  start_s: Math.max(0, end_s - 3), end_s, state, emotion, probabilities: { happy: emotion === "happy" ? 0.8 : 0.1, sad: emotion === "happy" ? 0.2 : 0.9 },
});

test("overlapping windows become segments without a hole or an overlap", () => {
  const parts = segments([window(1, "happy"), window(1.25, "happy"), window(1.5, null, "silence"), window(2, "sad")], 2.2);
  assert.deepEqual(parts, [
    { kind: "happy", start_s: 0, end_s: 1.25 },
    { kind: "silence", start_s: 1.25, end_s: 1.5 },
    { kind: "sad", start_s: 1.5, end_s: 2.2 },
  ]);
});

test("for any windows the segments' times add up to the whole", () => {
  for (let round = 0; round < 200; round += 1) {
    let at = 0;
    const windows = Array.from({ length: 1 + Math.floor(Math.random() * 40) }, () => {
      at += 0.05 + Math.random();
      return Math.random() < 0.3 ? window(at, null, "silence") : window(at, Math.random() < 0.5 ? "happy" : "sad");
    });
    const parts = segments(windows, at + 0.1);
    const sum = totals(parts).reduce((all, part) => all + part.seconds, 0);
    assert.ok(Math.abs(sum - (at + 0.1)) < 1e-9);
    for (let i = 1; i < parts.length; i += 1) {
      assert.equal(parts[i].start_s, parts[i - 1].end_s);
      assert.notEqual(parts[i].kind, parts[i - 1].kind);
    }
  }
});

test("what no window covers is a gap, and a skipped window whose time the next one covers is none", () => {
  const at = (start_s, end_s) => ({ ...window(end_s, "happy"), start_s });
  assert.deepEqual(segments([at(0, 1), at(4, 7), at(5, 8)], 8), [
    { kind: "happy", start_s: 0, end_s: 1 },
    { kind: "gap", start_s: 1, end_s: 4 },
    { kind: "happy", start_s: 4, end_s: 8 },
  ]);
  assert.equal(segments([at(0, 1), at(0.5, 3)]).length, 1);
});

test("a strip may begin in the middle of a recording", () => {
  const late = { ...window(100, "sad"), start_s: 97 };
  assert.deepEqual(segments([late], 100, 97), [{ kind: "sad", start_s: 97, end_s: 100 }]);
});

test("a window that ends before the last one adds nothing", () => {
  assert.equal(segments([window(1, "happy"), window(0.5, "sad")]).length, 1);
});

test("no windows, no segments", () => assert.deepEqual(segments([], 5), []));

test("silence, another sound and unsure speech are kinds of their own", () => {
  assert.equal(kindOf(window(1, null, "silence")), "silence");
  assert.equal(kindOf({ ...window(1, null, "silence"), other_sound: true }), "other");
  assert.equal(kindOf(window(1, null, "unsure")), "unsure");
  assert.equal(kindOf(window(1, "sad")), "sad");
});

test("the windows of a second connection follow those of the first", () => {
  const timeline = new Timeline();
  timeline.add(window(1, "happy"));
  timeline.begin(4);
  timeline.add(window(1, "sad"));
  assert.deepEqual(timeline.windows.map((w) => [w.start_s, w.end_s]), [[0, 1], [4, 5]]);
  assert.equal(timeline.windows[1].emotion, "sad");
});

test("without the server's summary the windows with speech decide, and silence has no say", () => {
  const own = judge([window(1, "happy"), window(2, "happy"), window(3, null, "silence")], ["happy", "sad"], 3);
  assert.equal(own.emotion, "happy");
  assert.ok(Math.abs(own.probabilities.happy - 0.8) < 1e-9);
});

test("mostly other sounds name no emotion, unless five seconds hold a voice", () => {
  const sounds = (count, from) => Array.from({ length: count }, (_, k) => ({ ...window(from + 0.25 * k, null, "silence"), other_sound: true }));
  const voices = (count) => Array.from({ length: count }, (_, k) => ({ ...window(0.25 * (k + 1), "happy"), start_s: 0.25 * k }));
  const heard = (voiced, others) => judge([...voices(voiced), ...sounds(others, 0.25 * (voiced + 1))], ["happy", "sad"], 60).emotion;
  assert.equal(heard(4, 4), "happy");
  assert.equal(heard(3, 4), null);
  assert.equal(heard(19, 100), null);
  assert.equal(heard(20, 100), "happy");
});

test("a recording of silence alone has no emotion and even shares", () => {
  const own = judge([window(1, null, "silence")], ["happy", "sad"], 1);
  assert.deepEqual([own.emotion, own.probabilities], [null, { happy: 0.5, sad: 0.5 }]);
});

test("the winner is the most probable label", () => {
  assert.equal(winner({ a: 0.2, b: 0.5, c: 0.3 }), "b");
  assert.deepEqual(ranked({ a: 0.2, b: 0.5, c: 0.3 }).map(([label]) => label), ["b", "c", "a"]);
});

test("windows come back as they were, however many there are", () => {
  const timeline = new Timeline();
  const states = ["speech", "silence", "unsure"];
  const heard = Array.from({ length: 500 }, (_, index) => ({
    ...window(0.25 * (index + 1), index % 3 ? null : "sad", states[index % 3]), other_sound: index % 6 === 1,
  }));
  const returned = heard.map((one) => timeline.add({ ...one, seq: 7 }));
  assert.deepEqual(timeline.windows, heard);
  assert.deepEqual(returned, heard);
});
