// One take of a card: a few seconds of the microphone, which end by themselves when they have been spoken.

import { LiveError } from "./error.js";
import { measure } from "./level.js";
import { Microphone, reason } from "./microphone.js";
import { Recorder, chooseType } from "./recorder.js";

const MOST_S = 4; // from the first word on
const ENOUGH_S = 2; // then a short pause ends the take,
const PAUSE_S = 0.8;
const LONG_PAUSE_S = 1.6; // and before that only a long one
const SILENT_S = 6; // without a word
const ABOVE_DB = 9; // speech stands so far above the quietest moment
const FLOOR_DB = -45; // which is taken for no louder than this: some begin to speak at once
const EACH_MS = 50;
const SLICE_MS = 250;

/** When a take is over, by its level: pure, the time is handed in. */
export class Ending {
  spoken = false;

  #floor = FLOOR_DB;
  #from = 0; // the first word,
  #last = 0; // and the last moment with speech
  #begun = null;

  /**
   * @param {number} db level, dBFS
   * @param {number} now seconds of any steady clock
   * @returns {boolean} whether there is nothing more to wait for
   */
  hear(db, now) {
    this.#begun ??= now;
    this.#floor = Math.min(this.#floor, db);
    if (db > this.#floor + ABOVE_DB) {
      if (!this.spoken) this.#from = now;
      this.spoken = true;
      this.#last = now;
    }
    if (!this.spoken) return now - this.#begun >= SILENT_S;
    if (now - this.#from >= MOST_S) return true;
    return now - this.#last >= (this.#last - this.#from >= ENOUGH_S ? PAUSE_S : LONG_PAUSE_S);
  }
}

export class TakeRecording {
  #microphone = null;
  #recorder = null;
  #timer = 0;
  #over = () => {};
  #closed = false;

  /**
   * Records until the words are spoken or `stop` is called. Resolves with null after `close`.
   * @param {object} settings the microphone's
   * @param {(analyser: AnalyserNode) => void} opened the visitor may speak now
   * @returns {Promise<?{sound: Blob, seconds: number}>}
   * @throws {LiveError} the microphone's codes, or `silent`
   */
  async record(settings, opened) {
    try {
      const type = chooseType((one) => MediaRecorder.isTypeSupported(one));
      if (!type) throw new LiveError("unsupported");
      const microphone = await Microphone.open(() => this.#over("microphone_gone"), settings)
        .catch((error) => { throw new LiveError(reason(error), error.message); });
      if (this.#closed) microphone.close();
      else this.#microphone = microphone;
      await this.#microphone?.ready;
      return this.#closed ? null : await this.#take(type, opened);
    } finally {
      this.close();
    }
  }

  /** The visitor has said enough. */
  stop() {
    this.#over();
  }

  /** Lets go of the microphone; what was recorded is dropped. */
  close() {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#recorder?.abandon();
    this.#microphone?.close();
    this.#microphone = null;
    this.#over();
  }

  async #take(type, opened) {
    const { analyser, stream } = this.#microphone;
    const chunks = [];
    const ending = new Ending();
    const samples = new Float32Array(analyser.fftSize);
    this.#recorder = new Recorder(stream, { type, timeslice_ms: SLICE_MS, onChunk: (chunk) => chunks.push(chunk) });
    this.#recorder.start();
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    opened(analyser);
    const problem = await new Promise((resolve) => {
      this.#over = resolve;
      this.#timer = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        if (ending.hear(measure(samples).db, seconds())) resolve();
      }, EACH_MS);
    });
    clearInterval(this.#timer);
    if (this.#closed) return null;
    const lasted = seconds();
    await this.#recorder.stop();
    if (this.#closed) return null;
    if (!ending.spoken) throw new LiveError(problem ?? "silent");
    return { sound: new Blob(chunks, { type }), seconds: lasted };
  }
}
