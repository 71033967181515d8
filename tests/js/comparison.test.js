import assert from "node:assert/strict";
import { test } from "node:test";

import { tags } from "../../static/js/card.js";
import { Tally, compare } from "../../static/js/comparison.js";

const heard = (emotion, state = "speech") => ({ emotion, timeline: [{ state, emotion }] });

test("a clip is heard as meant, or differs", () => {
  assert.equal(compare("happy", heard("happy")), "match");
  assert.equal(compare("happy", heard("sad")), "differs");
});

test("no emotion is unsure where there was speech, and silence where there was none", () => {
  assert.equal(compare("happy", heard(null, "unsure")), "unsure");
  assert.equal(compare("happy", heard(null, "silence")), "silence");
  assert.equal(compare("happy", { emotion: null, timeline: [] }), "silence");
});

test("a clip without a label compares with nothing", () => assert.equal(compare(null, heard("sad")), "unlabelled"));

test("the tally counts each clip once, as it was judged last, and clips without a label never", () => {
  const tally = new Tally();
  assert.deepEqual([tally.matched, tally.judged], [0, 0]);
  tally.add({ url: "a", emotion: "happy" }, "differs");
  tally.add({ url: "b", emotion: "sad" }, "match");
  tally.add({ url: "a", emotion: "happy" }, "match");
  tally.add({ url: "c", emotion: null }, "unlabelled");
  tally.add({ url: "d", emotion: "angry" }, "unsure");
  assert.deepEqual([tally.matched, tally.judged], [2, 3]);
});

test("a card says whether its voice is synthetic, acted or neither, and whose it is", () => {
  assert.deepEqual(tags({ synthetic: true, voice: "woman" }), ["Synthetic voice", "Woman’s voice"]);
  assert.deepEqual(tags({ synthetic: false, acted: true, voice: "man" }), ["Acted voice", "Man’s voice"]);
  assert.deepEqual(tags({ synthetic: false }), ["Recorded voice"]);
  assert.deepEqual(tags({ synthetic: false, voice: "Grandmother" }), ["Recorded voice", "Grandmother"]);
});
