import assert from "node:assert/strict";
import { test } from "node:test";

import { choices } from "../../static/js/devices.js";
import { TREATMENTS, constraints, obstacle, reason, count } from "../../static/js/microphone.js";
import { TYPES, chooseType } from "../../static/js/recorder.js";

const whole = {
  navigator: { mediaDevices: { getUserMedia() {} } }, MediaRecorder: class {}, AudioContext: class {}, isSecureContext: true,
};

test("a current browser at a safe address has no obstacle", () => assert.equal(obstacle(whole), null));

test("http on another host is told apart from a browser that cannot record", () => {
  assert.equal(obstacle({ ...whole, navigator: {}, isSecureContext: false }), "insecure");
  assert.equal(obstacle({ ...whole, navigator: {} }), "unsupported");
  assert.equal(obstacle({ ...whole, MediaRecorder: undefined }), "unsupported");
  assert.equal(obstacle({ ...whole, AudioContext: undefined }), "unsupported");
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

test("nothing is done to the sound unless it is asked for", () => {
  const { audio } = constraints();
  for (const name of TREATMENTS) assert.equal(audio[name], false, name);
  assert.equal("deviceId" in audio, false);
  const other = constraints({ device: "abc", noiseSuppression: true }).audio;
  assert.deepEqual(TREATMENTS.map((name) => other[name]), [false, true, false]);
  assert.deepEqual(other.deviceId, { exact: "abc" });
});

test("microphones are told apart by name, each once, and not at all before the permission", () => {
  const one = (deviceId, label, kind = "audioinput") => ({ deviceId, label, kind });
  assert.deepEqual(choices([one("", ""), one("", "", "videoinput")]), []);
  const devices = [one("default", "Default - Desk"), one("a1", "Desk"), one("b2", "Headset"), one("c3", "Speakers", "audiooutput")];
  assert.deepEqual(choices(devices), [{ id: "a1", name: "Desk" }, { id: "b2", name: "Headset" }]);
});

test("microphones are counted once each, and nothing else is", () => {
  const device = (deviceId, kind = "audioinput") => ({ deviceId, kind });
  assert.equal(count([device("default"), device("communications"), device("a"), device("b", "audiooutput")]), 1);
  assert.equal(count([device("a"), device("b")]), 2);
  assert.equal(count([]), 0);
});
