// Whether a microphone hears already. Browsers lend some before they do: a headset, for one, that has to wake up first.

import { chooseType } from "./recorder.js";

const WAKING_MS = 3000;
const SLICE_MS = 20;

/**
 * Resolves once a microphone hears: with its first sound or, where that is perfect silence, with a recorder's first slice (which
 * some browsers hand out late); or without either when that takes too long.
 * @param {MediaStream} stream
 * @param {AudioContext} context
 */
export function hears(stream, context) {
  const plug = context.createMediaStreamSource(stream);
  const ear = context.createAnalyser();
  const samples = new Float32Array(ear.fftSize);
  plug.connect(ear);
  const probe = new MediaRecorder(stream, { mimeType: chooseType((type) => MediaRecorder.isTypeSupported(type)) });
  const begun = performance.now();
  return new Promise((resolve) => {
    const done = () => {
      clearInterval(timer);
      plug.disconnect();
      if (probe.state !== "inactive") probe.stop();
      resolve();
    };
    const timer = setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      if (samples.some(Boolean) || performance.now() - begun > WAKING_MS) done();
    }, SLICE_MS);
    probe.addEventListener("dataavailable", done, { once: true });
    probe.addEventListener("error", done, { once: true });
    probe.start(SLICE_MS);
  });
}
