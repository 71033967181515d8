// One recording from Record to Stop: microphone, recorder, connection, clock and timeline together. Tells the page what
// happens through `tell(event)`; the page's state machine decides what that means.
//
// A recording survives its connection: when that is lost, or its server is about to stop, it goes on in a new session of
// whichever server answers next, on the same microphone, with the same clock and timeline. Only a recorder's first chunk has
// the header, so that each session has a recorder of its own.

import { Clock } from "./clock.js";
import { Entry } from "./entry.js";
import { LiveError } from "./error.js";
import { Microphone, reason } from "./microphone.js";
import { Recorder, chooseType } from "./recorder.js";
import { Tape } from "./tape.js";
import { Timeline, judge } from "./timeline.js";

const STALL_MS = 6000; // audio is sent and nothing comes back for so long: the connection is dead
const STRANDED_MS = 15000; // not back for so long: the visitor should decide what to do
const SPREAD_MS = 800; // a server that stops tells everyone at once; they need not all move at once
const ENDING = new Set(["undecodable", "unsupported_media", "too_fast", "too_long", "too_large", "idle", "internal"]);

export class Session {
  clock = new Clock();
  timeline = new Timeline();
  tape = new Tape(); // what was recorded, to be played afterwards
  gaps = 0; // how often something may have been said that nobody heard
  moving = false; // on the way from a server that stops to another

  #live;
  #labels;
  #timeslice_ms;
  #tell;
  #settings;
  #wishes;
  #onChunk;
  #onUnknownVoice;
  #entry;
  #microphone = null;
  #recorder = null;
  #type = null;
  #over = false;
  #ending = false;
  #paused = false;
  #starting = false;
  #heardAt = 0;
  #parts = 0;
  #watch = 0;
  #stranding = 0;
  #listeners = new AbortController();

  /**
   * @param {import("./live.js").Live} live
   * @param {{labels: string[], timeslice_ms: number}} config
   * @param {(event: {type: string}) => void} tell `granted`, `wait` (in the queue), `trying` (out of it for a moment),
   *   `started`, `lost`, `stranded`, `prediction`, `frames`, `skipped`, `problem`, `ended` (the server or the device ended it:
   *   time to stop), `failed`
   * @param {object} [wishes]
   * @param {object} [wishes.settings] the microphone's: see microphone.js
   * @param {boolean} [wishes.calibrate] whether the summary is to tell what was heard of the voice
   * @param {?string} [wishes.speaker] the profile of the voice
   * @param {(chunk: Blob) => void} [wishes.onChunk] gets what is recorded, too
   * @param {() => void} [wishes.onUnknownVoice] the server does not know this speaker, and goes on without
   */
  constructor(live, config, tell, wishes = {}) {
    const { settings = {}, calibrate = false, speaker = null, onChunk = () => {}, onUnknownVoice = () => {} } = wishes;
    this.#settings = settings;
    this.#wishes = { ...(calibrate && { calibrate, mfcc: false }), ...(speaker && { speaker }) };
    this.#onChunk = onChunk;
    this.#onUnknownVoice = onUnknownVoice;
    this.#live = live;
    this.#labels = config.labels;
    this.#timeslice_ms = config.timeslice_ms;
    this.#tell = (event) => {
      if (!this.#over) tell(event);
    };
    this.#entry = new Entry(live, (wait) => {
      clearTimeout(this.#stranding); // there is a server, or it is tried on visibly
      this.#tell(wait ? { type: "wait", wait } : { type: "trying" });
    });
  }

  get analyser() {
    return this.#microphone?.analyser ?? null;
  }

  /** What the recorder writes. */
  get type() {
    return this.#type;
  }

  /** Another microphone or other treatment, while it is recorded: see microphone.js. */
  async change(settings) {
    this.#settings = settings;
    return (await this.#microphone?.change(settings)) ?? "later";
  }

  /** Asks for the microphone, connects and starts. */
  async begin() {
    try {
      this.#type = chooseType((type) => MediaRecorder.isTypeSupported(type));
      if (!this.#type) throw new LiveError("unsupported");
      const opening = this.#live.open();
      opening.catch(() => {}); // looked at below, once the microphone is there
      const microphone = await Microphone.open(() => this.#tell({ type: "ended", code: "microphone_gone" }), this.#settings)
        .catch((error) => { throw new LiveError(reason(error), error.message); });
      if (this.#over) return microphone.close();
      this.#microphone = microphone;
      this.#tell({ type: "granted" });
      await Promise.all([opening, microphone.ready]);
      if (this.#over) return;
      this.#listen();
      await this.#start({ met: true });
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
    this.#recorder?.resume();
    this.clock.start();
    this.#heardAt = performance.now();
  }

  /** Tries at once to get back to a server. */
  again() {
    this.#strand();
    this.#live.hurry();
  }

  /** Ends the recording; resolves with the summary (the API's object), of the server or from what it had said. */
  async stop() {
    this.#ending = true;
    this.clock.pause();
    this.#entry.leave();
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
    if (this.#over) return;
    this.#over = true;
    this.#entry.leave();
    this.#listeners.abort();
    clearInterval(this.#watch);
    clearTimeout(this.#stranding);
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
      const window = this.timeline.add(detail);
      // `window`: the same with times of the whole recording.
      this.#tell({ type: "prediction", prediction: detail, window });
    });
    on("frames", ({ detail }) => this.#tell({ type: "frames", frames: detail }));
    on("problem", ({ detail }) => this.#stumble(detail));
    this.#watch = setInterval(() => {
      if (this.clock.running && performance.now() - this.#heardAt > STALL_MS) this.#live.renew();
    }, 1000);
  }

  #stumble({ code, windows = 1 }) {
    // What is wrong with a start or a stop stands in its acknowledgement.
    if (this.#starting || this.#ending || this.moving) return;
    // The server does not know this recording (any more): begin anew.
    if (code === "out_of_order") return this.#live.renew();
    if (code === "draining") return this.#move();
    if (code === "skipped") {
      this.#heardAt = performance.now(); // late, but there
      return this.#tell({ type: "skipped", windows });
    }
    this.#tell({ type: ENDING.has(code) ? "ended" : "problem", code });
  }

  // The server is about to stop: what was said until now is heard to its end there, and the rest elsewhere.
  async #move() {
    this.moving = true;
    const recorder = this.#recorder;
    await new Promise((resolve) => {
      setTimeout(resolve, Math.random() * SPREAD_MS);
    });
    if (this.#over || this.#ending || !recorder || recorder !== this.#recorder) return;
    this.#recorder = null;
    this.clock.pause();
    await recorder.stop();
    if (this.#ending) return; // whoever stops asks for the summary
    await this.#live.stop().catch(() => {}); // gone before it could answer: what it had said is kept
    if (this.#over || this.#ending) return;
    if (!this.#paused) this.gaps += 1;
    this.#live.renew();
  }

  #lost() {
    if (this.clock.running) this.gaps += 1;
    this.clock.pause();
    this.#recorder?.abandon();
    this.#recorder = null;
    if (this.#paused) this.moving = false;
    else this.#strand();
    this.#tell({ type: "lost" });
  }

  #strand() {
    clearTimeout(this.#stranding);
    this.#stranding = setTimeout(() => this.#tell({ type: "stranded" }), STRANDED_MS);
  }

  async #restart() {
    if (this.#over || this.#ending || this.#starting) return;
    try {
      await this.#start();
    } catch (error) {
      if (this.#over || this.#ending) return;
      // Lost again meanwhile: the next `up` tries again. A refusal ends the recording, and what had been heard until then stays.
      if (error.code === "server_gone") return this.#live.renew();
      this.#tell({ type: "ended", code: error.code ?? "unknown" });
    }
  }

  async #start(about) {
    this.#starting = true;
    await this.#enter(about).finally(() => {
      this.#starting = false;
    });
    if (this.#over || this.#ending) return;
    clearTimeout(this.#stranding);
    this.moving = false;
    this.#parts += 1;
    this.timeline.begin(this.clock.seconds);
    this.tape.begin(this.clock.seconds, this.#type);
    this.#recorder = new Recorder(this.#microphone.stream, {
      type: this.#type, timeslice_ms: this.#timeslice_ms,
      onChunk: (chunk) => {
        this.#hears();
        this.tape.add(chunk);
        this.#live.audio(chunk);
        this.#onChunk(chunk);
      },
    });
    this.#recorder.start();
  }

  // The first slice begins it: a microphone may be lent seconds before it hears anything (a headset that wakes up).
  #hears() {
    if (this.clock.running || this.#paused || this.#ending || this.moving) return;
    this.#heardAt = performance.now();
    this.clock.start(this.#timeslice_ms);
    this.#tell({ type: "started" });
  }

  // A profile of an older model is of no use any more; the recording should not fail for it.
  async #enter(about) {
    try {
      await this.#entry.enter(this.#type, this.#wishes, about);
    } catch (error) {
      if (error.code !== "bad_message" || !this.#wishes.speaker) throw error;
      delete this.#wishes.speaker;
      this.#onUnknownVoice();
      await this.#entry.enter(this.#type, this.#wishes, about);
    }
  }

  #fail(error) {
    if (this.#over) return; // cancelled meanwhile
    const code = error instanceof LiveError ? error.code : "unknown";
    if (code === "unknown") console.error(error);
    this.#tell({ type: "failed", error: { code, where: "start" } });
    this.close();
  }
}
