import assert from "node:assert/strict";
import { test } from "node:test";

import { parse } from "../../static/js/config.js";
import { title, toList } from "../../static/js/samples.js";
import { caution, describe } from "../../static/js/summary.js";

const window = (end_s, emotion, state) => ({ start_s: 0, end_s, state, emotion, probabilities: {} });
const judgement = {
  duration_s: 2,
  emotion: "angry",
  probabilities: { happy: 0.2, angry: 0.7, sad: 0.1 },
  timeline: [window(1, "angry", "speech"), window(2, null, "silence")],
};

test("a summary names the emotion with its share, what comes next, and what was meant", () => {
  const told = describe(judgement, { voice: "clip", meant: "happy" });
  assert.equal(told.sentence, "This voice sounds angry: 70\u00a0%.");
  assert.equal(told.beside, "Next nearest: happy, 20\u00a0%. The speaker meant it to sound happy.");
  assert.deepEqual(told.sums, [{ kind: "angry", seconds: 1 }, { kind: "silence", seconds: 1 }]);
});

test("your own voice is spoken of as yours, and a gap is admitted", () => {
  const told = describe(judgement, { voice: "yours", gaps: 1 });
  assert.match(told.sentence, /^Your voice sounded angry/);
  assert.match(told.beside, /interrupted once/);
});

test("silence is no emotion", () => {
  const told = describe({ ...judgement, emotion: null, timeline: [window(2, null, "silence")] }, { voice: "yours" });
  assert.equal(told.state, "silence");
  assert.doesNotMatch(told.sentence, /sound(s|ed)/);
  const none = describe({ ...judgement, emotion: null, timeline: [] }, { voice: "yours" });
  assert.deepEqual([none.state, none.parts], ["silence", []]);
});

test("a recording of other sounds alone says that no speech was heard, only sounds", () => {
  const dog = { ...window(2, null, "silence"), other_sound: true };
  const told = describe({ ...judgement, emotion: null, timeline: [dog] }, { voice: "yours" });
  assert.deepEqual([told.state, told.sentence], ["silence", "No speech was heard, only other sounds."]);
  assert.deepEqual(told.sums, [{ kind: "other", seconds: 2 }]);
});

test("speech that sounds like none of the five is said to be so", () => {
  assert.equal(describe({ ...judgement, emotion: null, timeline: [window(2, null, "unsure")] }, { voice: "yours" }).state, "unsure");
});

test("warnings are told once a kind, with their times, and an unknown kind in the server's words", () => {
  const warning = (code, at_s, message = "") => ({ code, at_s, message });
  assert.equal(caution([], 20), "");
  assert.equal(caution([warning("truncated", null)], 20), "The file ends in the middle of the sound; everything before that was judged.");
  const many = [1, 2.5, 2.5, 7, 8, 9].map((at_s) => warning("damaged", at_s));
  assert.equal(
    caution([...many, warning("toString", 3, "The server says so."), warning("gap", 64)], 75),
    "Damaged parts of the file were left out (at 0:01, 0:02, 0:07 and 2 more). The server says so. The recording has gaps (at 1:04); they count as silence.",
  );
});

test("file names become readable, and readable names stay", () => {
  assert.equal(title("own/actor_03-happy.flac"), "Actor 03 happy");
  assert.equal(title("Happy, synthetic woman (letter)"), "Happy, synthetic woman (letter)");
});

test("an answer that is no list is an empty list", () => assert.deepEqual([toList({}), toList([1])], [[], [1]]));

test("what the server does not say of itself has a default, and broken JSON does no harm", () => {
  assert.equal(parse('{"max_upload_mb": 3}').max_upload_mb, 3);
  assert.equal(parse('{"max_upload_mb": 3}').timeslice_ms, 120);
  assert.equal(parse("{").labels.length, 5);
});
