import assert from "node:assert/strict";
import { test } from "node:test";

import { told } from "../../static/js/rejudging.js";

test("what a second judgement changed is told beside the first", () => {
  const happy = { emotion: "happy", probabilities: { happy: 0.62, angry: 0.3 } };
  const angry = { emotion: "angry", probabilities: { happy: 0.2, angry: 0.71 } };
  assert.match(told(happy, angry), /^Before: happy, 62\s%\. With your voice profile: angry, 71\s%\.$/);
  assert.match(told({ emotion: null, probabilities: {} }, angry), /^Before: nothing clearly\./);
});
