// One recording from Record to Stop: microphone, recorder, connection, clock and timeline together. Tells the page what
// happens through `tell(event)`; the page's state machine decides what that means.

import { Clock } from "./clock.js";
import { LiveError } from "./live.js";
import { Microphone, reason } from "./microphone.js";
import { Recorder, chooseType } from "./recorder.js";
import { Timeline, judge } from "./timeline.js";

const STALL_MS = 6000; // audio is sent and nothing comes back for so long: the connection is dead
const ENDING = new Set(["undecodable", "unsupported_media", "too_fast", "too_long", "too_large", "idle", "internal"]);

export class Session {
  clock = new Clock();
  timeline = new Timeline();
  gaps = 0; // how often something may have been said that nobody heard

  #live;
  #labels;
  #timeslice_ms;
  #tell;
  #microphone = null;
  #recorder = null;
  #type = null;
  #over = false;
  #paused = false;
  #starting = false;
  #heardAt = 0;
  #parts = 0;
  #watch = 0;
  #listeners = new AbortController();

  /**
   * @param {import("./live.js").Live} live
   * @param {{labels: string[], timeslice_ms: number}} config
   * @param {(event: {type: string}) => void} tell `granted`, `started`, `lost`, `prediction`, `frames`, `problem`,
   *   `ended` (the server or the device ended it: time to stop), `failed`
   */
  constructor(live, config, tell) {
    this.#live = live;
    this.#labels = config.labels;
    this.#timeslice_ms = config.timeslice_ms;
    this.#tell = (event) => {
      if (!this.#over) tell(event);
    };
  }

  get analyser() {
    return this.#microphone?.analyser ?? null;
  }

  /** Asks for the microphone, connects and starts. */
  async begin() {
    try {
      this.#type = chooseType((type) => MediaRecorder.isTypeSupported(type));
      if (!this.#type) throw new LiveError("unsupported");
      const opening = this.#live.open();
      opening.catch(() => {}); // looked at below, once the microphone is there
      const microphone = await Microphone.open(() => this.#tell({ type: "ended", code: "microphone_gone" })).catch((error) => {
        throw new LiveError(reason(error), error.message);
      });
      if (this.#over) return microphone.close();
      this.#microphone = microphone;
      this.#tell({ type: "granted" });
      await opening;
      this.#listen();
      await this.#start();
    } catch (error) {
      this.#fail(error);
    }
  }

  async pause() {
    this.#paused = true;
    this.clock.pause();
    await this.#recorder?.pause();
    if (this.#paused) this.#live.pause();
  }

  async resume() {
    this.#paused = false;
    if (!this.#live.started) {
      if (this.#live.connected) await this.#restart();
      return; // else `up` starts it
    }
    this.#live.resume();
    this.#recorder.resume();
    this.clock.start();
    this.#heardAt = performance.now();
  }

  /** Ends the recording; resolves with the summary (the API's object), of the server or from what it had said. */
  async stop() {
    this.clock.pause();
    await this.#recorder?.stop();
    const own = () => judge(this.timeline.windows, this.#labels, this.clock.seconds);
    try {
      const summary = await this.#live.stop();
      if (this.#parts === 1) return summary;
      return { ...own(), model: summary.model };
    } catch {
      return own();
    } finally {
      this.close();
    }
  }

  /** Lets go of microphone and connection; nothing is told any more. */
  close() {
    this.#over = true;
    this.#listeners.abort();
    clearInterval(this.#watch);
    this.#recorder?.abandon();
    this.#microphone?.close();
    this.#live.close();
  }

  #listen() {
    const on = (type, handle) => this.#live.addEventListener(type, handle, { signal: this.#listeners.signal });
    on("lost", () => this.#lost());
    on("up", () => {
      if (!this.#paused) this.#restart();
    });
    on("prediction", ({ detail }) => {
      this.#heardAt = performance.now();
      this.timeline.add(detail);
      this.#tell({ type: "prediction", prediction: detail });
    });
    on("frames", ({ detail }) => this.#tell({ type: "frames", frames: detail }));
    on("problem", ({ detail }) => {
      // The server does not know this recording (any more): begin anew.
      if (detail.code === "out_of_order") return this.#live.renew();
      this.#tell({ type: ENDING.has(detail.code) ? "ended" : "problem", code: detail.code });
    });
    this.#watch = setInterval(() => {
      if (this.clock.running && performance.now() - this.#heardAt > STALL_MS) this.#live.renew();
    }, 1000);
  }

  #lost() {
    if (!this.#paused && this.#recorder) this.gaps += 1;
    this.clock.pause();
    this.#recorder?.abandon();
    this.#recorder = null;
    this.#tell({ type: "lost" });
  }

  async #restart() {
    if (this.#over || this.#starting) return;
    try {
      await this.#start();
    } catch (error) {
      // Lost again meanwhile, or a server about to go: the next `up` tries again. A refusal ends the recording, and what
      // had been heard until then stays.
      if (error.code === "server_gone" || error.code === "draining") return;
      this.#tell({ type: "ended", code: error.code ?? "unknown" });
    }
  }

  async #start() {
    this.#starting = true;
    try {
      await this.#live.start(this.#type);
    } finally {
      this.#starting = false;
    }
    if (this.#over) return;
    this.#parts += 1;
    this.timeline.begin(this.clock.seconds);
    this.#recorder = new Recorder(this.#microphone.stream, {
      type: this.#type,
      timeslice_ms: this.#timeslice_ms,
      onChunk: (chunk) => this.#live.audio(chunk),
    });
    this.#recorder.start();
    this.#heardAt = performance.now();
    this.clock.start();
    this.#tell({ type: "started" });
  }

  #fail(error) {
    const code = error instanceof LiveError ? error.code : "unknown";
    if (code === "unknown") console.error(error);
    this.#tell({ type: "failed", error: { code, where: "start" } });
    this.close();
  }
}
