import assert from "node:assert/strict";
import { test } from "node:test";

import { Flow, SPAN_S } from "../../static/js/flow.js";

const LABELS = ["happy", "sad"];

function window(end_s, { state = "speech", happy = 0.75, start_s = Math.max(0, end_s - 3) } = {}) {
  return { start_s, end_s, state, emotion: state === "speech" ? "happy" : null, probabilities: { happy, sad: 1 - happy } };
}

function filled(seconds, step = 0.25) {
  const flow = new Flow();
  for (let end_s = step; end_s <= seconds; end_s += step) flow.add(window(end_s));
  return flow;
}

test("it fills from the left, and then runs", () => {
  assert.deepEqual(new Flow().range, { from_s: 0, to_s: SPAN_S });
  assert.deepEqual(filled(10).range, { from_s: 0, to_s: SPAN_S });
  assert.deepEqual(filled(100).range, { from_s: 100 - SPAN_S, to_s: 100 });
});

test("half an hour holds no more than a minute does", () => {
  const [short, long] = [filled(60), filled(1800)];
  assert.equal(long.windows.length, short.windows.length);
  assert.equal(long.edges(LABELS)[0].length, short.edges(LABELS)[0].length);
  assert.ok(long.windows.length <= SPAN_S * 4 + 2);
});

test("the areas reach the left edge while they run", () => {
  const flow = filled(100);
  assert.ok(flow.edges(LABELS)[0][0].x <= flow.range.from_s);
});

test("each edge is the one below it and its share on top, and the last is at 1", () => {
  const [lower, upper] = filled(5).edges(LABELS);
  for (const [index, point] of lower.entries()) {
    assert.equal(point.x, upper[index].x);
    if (!point.y) continue; // the wall at the beginning
    assert.equal(point.y, 0.75);
    assert.equal(upper[index].y, 1);
  }
  assert.equal(upper.at(-1).y, 1);
});

test("silence has no height, and a wall on each side", () => {
  const flow = new Flow();
  for (const one of [window(1), window(1.25, { state: "silence" }), window(1.5, { state: "silence" }), window(1.75)]) flow.add(one);
  const upper = flow.edges(LABELS)[1].map(({ x, y }) => [x, y]);
  assert.deepEqual(upper, [[0, 0], [0, 1], [1, 1], [1, 0], [1.25, 0], [1.5, 0], [1.5, 1], [1.75, 1]]);
  assert.deepEqual(flow.marks(), [{ kind: "silence", start_s: 1, end_s: 1.5 }]);
});

test("another sound has no height, and a mark apart from silence", () => {
  const flow = new Flow();
  for (const one of [window(1, { state: "silence" }), { ...window(2, { state: "silence" }), other_sound: true }]) flow.add(one);
  assert.deepEqual(new Set(flow.edges(LABELS)[1].map(({ y }) => y)), new Set([0]));
  assert.deepEqual(flow.marks(), [{ kind: "silence", start_s: 0, end_s: 1 }, { kind: "other", start_s: 1, end_s: 2 }]);
});

test("what is unsure keeps its height and is marked", () => {
  const flow = new Flow();
  for (const one of [window(1), window(1.5, { state: "unsure" })]) flow.add(one);
  assert.equal(flow.edges(LABELS)[1].at(-1).y, 1);
  assert.deepEqual(flow.marks(), [{ kind: "unsure", start_s: 1, end_s: 1.5 }]);
});

test("what nobody judged is a hole", () => {
  const flow = new Flow();
  flow.add(window(1));
  flow.add(window(6, { start_s: 4 }));
  const upper = flow.edges(LABELS)[1].map(({ x, y }) => [x, y]);
  assert.deepEqual(upper, [[0, 0], [0, 1], [1, 1], [1, 0], [4, 0], [4, 1], [6, 1]]);
  assert.deepEqual(flow.marks(), []);
});

test("a window that comes late or twice changes nothing", () => {
  const flow = filled(5);
  const before = flow.windows.length;
  flow.add(window(5));
  flow.add(window(4));
  assert.equal(flow.windows.length, before);
  flow.clear();
  assert.deepEqual(flow.edges(LABELS), [[], []]);
});
