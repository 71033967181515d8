import assert from "node:assert/strict";
import { test } from "node:test";

import { obstacle, reason } from "../../static/js/microphone.js";
import { TYPES, chooseType } from "../../static/js/recorder.js";

const whole = { mediaDevices: { getUserMedia() {} }, MediaRecorder: class {}, isSecureContext: true };

test("a current browser at a safe address has no obstacle", () => assert.equal(obstacle(whole), null));

test("http on another host is told apart from a browser that cannot record", () => {
  assert.equal(obstacle({ ...whole, mediaDevices: undefined, isSecureContext: false }), "insecure");
  assert.equal(obstacle({ ...whole, mediaDevices: undefined }), "unsupported");
  assert.equal(obstacle({ ...whole, MediaRecorder: undefined }), "unsupported");
});

test("each way in which a microphone fails has its own code", () => {
  const codes = ["NotFoundError", "NotAllowedError", "NotReadableError"].map((name) => reason({ name }));
  assert.deepEqual(codes, ["no_microphone", "refused", "microphone_busy"]);
  assert.equal(reason(new TypeError("?")), "unknown");
  assert.equal(reason(undefined), "unknown");
});

test("WebM is chosen where there is WebM, MP4 where Safari has only that, and Ogg at the last", () => {
  assert.equal(chooseType(() => true), "audio/webm;codecs=opus");
  assert.equal(chooseType((type) => type === "audio/mp4"), "audio/mp4");
  assert.equal(chooseType((type) => type.startsWith("audio/ogg")), "audio/ogg;codecs=opus");
  assert.equal(chooseType(() => false), null);
  assert.equal(new Set(TYPES).size, TYPES.length);
});
