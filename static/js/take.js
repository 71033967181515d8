// One take: opens the microphone, records until the sentence has ended, and closes it.

import { LiveError } from "./error.js";
import { measure } from "./level.js";
import { Microphone, reason } from "./microphone.js";
import { Recorder, chooseType } from "./recorder.js";
import { Ending } from "./takes.js";

const EACH_MS = 50;
const TIMESLICE_MS = 250;

export class Take {
  #settings;
  #onGranted;
  #microphone = null;
  #stopped;
  #stop;
  #over = false;

  /** @param {object} settings the microphone's  @param {() => void} onGranted it records from now on */
  constructor(settings, onGranted) {
    this.#settings = settings;
    this.#onGranted = onGranted;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get analyser() {
    return this.#microphone?.analyser ?? null;
  }

  /** Records. @returns {Promise<?Blob>} null if it was cancelled; rejects with a LiveError where there is no microphone */
  async record() {
    const type = chooseType((one) => MediaRecorder.isTypeSupported(one));
    if (!type) throw new LiveError("unsupported");
    try {
      this.#microphone = await Microphone.open(() => this.#stop(), this.#settings);
    } catch (error) {
      throw new LiveError(reason(error), error.message);
    }
    try {
      await this.#microphone.ready;
      if (this.#over) return null;
      const chunks = [];
      const recorder = new Recorder(this.#microphone.stream, { type, timeslice_ms: TIMESLICE_MS, onChunk: (chunk) => chunks.push(chunk) });
      recorder.start();
      this.#onGranted();
      await this.#ended();
      if (this.#over) {
        recorder.abandon();
        return null;
      }
      await recorder.stop();
      return new Blob(chunks, { type });
    } finally {
      this.#microphone.close();
    }
  }

  /** The sentence is said. */
  stop() {
    this.#stop();
  }

  /** Nothing of it is kept. */
  cancel() {
    this.#over = true;
    this.#stop();
  }

  async #ended() {
    const ending = new Ending();
    const { analyser } = this.#microphone;
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      if (ending.hear(measure(samples).db, performance.now() / 1000)) this.#stop();
    }, EACH_MS);
    await this.#stopped;
    clearInterval(timer);
  }
}
