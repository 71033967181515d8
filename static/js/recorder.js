// MediaRecorder, cut into slices. One Recorder is one byte stream: only its first chunk has the header, so a new
// connection needs a new Recorder (on the same microphone).

/** The types tried, best first: WebM/Opus (Chromium, Firefox), MP4 (Safari), Ogg (old Firefox). */
export const TYPES = ["audio/webm;codecs=opus", "audio/mp4;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/** The first type that this browser records, or null: pure. */
export function chooseType(isSupported, types = TYPES) {
  return types.find((type) => isSupported(type)) ?? null;
}

export class Recorder {
  #recorder;
  #onChunk;
  #open = true;

  /**
   * @param {MediaStream} stream
   * @param {{type: string, timeslice_ms: number, onChunk: (chunk: Blob) => void, onError?: () => void}} options
   */
  constructor(stream, { type, timeslice_ms, onChunk, onError = () => {} }) {
    this.timeslice_ms = timeslice_ms;
    this.#onChunk = onChunk;
    this.#recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 48000 });
    this.#recorder.addEventListener("dataavailable", (event) => {
      if (this.#open && event.data.size) this.#onChunk(event.data);
    });
    this.#recorder.addEventListener("error", onError);
  }

  start() {
    this.#recorder.start(this.timeslice_ms);
  }

  /** Resolves once everything that was recorded before the pause has been handed out. */
  async pause() {
    if (this.#recorder.state !== "recording") return;
    this.#recorder.pause();
    const flushed = this.#once("dataavailable");
    this.#recorder.requestData();
    await flushed;
  }

  resume() {
    if (this.#recorder.state === "paused") this.#recorder.resume();
  }

  /** Resolves after the last chunk. */
  async stop() {
    if (this.#recorder.state === "inactive") return;
    const stopped = this.#once("stop");
    this.#recorder.stop();
    await stopped;
    this.#open = false;
  }

  /** Ends at once; what is still under way is dropped. */
  abandon() {
    this.#open = false;
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
  }

  #once(event) {
    return new Promise((resolve) => {
      // A recorder whose track has died may never answer; nobody should wait for it.
      const timer = setTimeout(resolve, 1000);
      this.#recorder.addEventListener(event, () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    });
  }
}
