// The live stream to the server: Socket.IO, namespace /live, WebSocket only. Knows no microphone and no page.
//
// socket.io-client reconnects by itself; what it must not do is send again what it had buffered: a new connection is a new
// recording, whose first chunk must be a recorder's header. So audio leaves only while there is a started recording.

import { io } from "../vendor/socket.io-client/socket.io.esm.min.js";

import { address } from "./address.js";
import { LiveError } from "./error.js";
import { obstruction } from "./reach.js";

const ACK_MS = 8000;
const OPEN_MS = 5000;
const OF_THE_SERVER = new Set(["draining", "skipped"]);

/**
 * Events (`addEventListener`, payload in `detail`): `up` (connected), `lost`, `prediction`, `frames`, `problem`, `watchers`.
 */
export class Live extends EventTarget {
  #socket;
  #online;
  #explain;
  #met = false; // whether there has been a connection, so that WebSockets are not blocked
  #started = false;
  #sharing = 0; // how many answers about a share are still to come

  /**
   * @param {() => import("socket.io-client").Socket} make opens the socket; tests hand in their own
   * @param {() => boolean} online whether there may be a network
   * @param {() => Promise<string>} explain why there is no connection, as an error code
   */
  constructor(make = connect, online = () => navigator.onLine, explain = obstruction) {
    super();
    this.#socket = make();
    this.#online = online;
    this.#explain = explain;
    this.#socket.on("connect", () => {
      this.#met = true;
      this.#tell("up");
    });
    this.#socket.on("disconnect", (reason) => {
      this.#started = false;
      if (reason === "io client disconnect") return;
      this.#tell("lost", reason);
      // The server's own goodbye is the one case that socket.io-client does not reconnect from.
      if (reason === "io server disconnect") this.#socket.connect();
    });
    for (const event of ["prediction", "frames", "watchers"]) {
      this.#socket.on(event, (data) => this.#tell(event, data));
    }
    this.#socket.on("problem", (data) => {
      // What is wrong with a share stands in its acknowledgement too, and is no problem of the recording.
      if (!this.#sharing || OF_THE_SERVER.has(data.code)) this.#tell("problem", data);
    });
  }

  get connected() {
    return this.#socket.connected;
  }

  /** Whether a recording is under way, so that audio would be heard. */
  get started() {
    return this.#started;
  }

  /** Begins to connect, and resolves once connected. Rejects after `timeout_ms` (at the first try if offline) with `server_gone`, or with what
   * `explain` says where no connection has ever been made. */
  open(timeout_ms = OPEN_MS) {
    if (this.#socket.connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const rest = () => {
        clearTimeout(timer);
        this.#socket.off("connect", up);
        this.#socket.off("connect_error", failed);
      };
      const up = () => {
        rest();
        resolve();
      };
      const gone = (code) => {
        rest();
        reject(new LiveError(code));
      };
      const failed = () => {
        if (!this.#online()) gone("server_gone");
      };
      const timer = setTimeout(async () => {
        const code = this.#met ? "server_gone" : await this.#explain();
        if (!this.#socket.connected) gone(code);
      }, timeout_ms);
      this.#socket.on("connect", up);
      this.#socket.on("connect_error", failed);
      this.#socket.connect();
    });
  }

  /**
   * Begins a recording; resolves with the server's acknowledgement.
   * @param {string} mime_type
   * @param {{calibrate?: boolean, speaker?: string}} [wishes]
   */
  async start(mime_type, wishes = {}) {
    const ack = await this.#ask("start", { mime_type, mfcc: true, ...wishes });
    if (!ack?.ok) throw LiveError.from(ack);
    this.#started = true;
    return ack;
  }

  /** @param {Blob|ArrayBuffer} chunk the recorder's next bytes */
  audio(chunk) {
    if (this.#started && this.#socket.connected) this.#socket.emit("audio", chunk);
  }

  pause() {
    if (this.#started && this.#socket.connected) this.#socket.emit("pause");
  }

  resume() {
    if (this.#started && this.#socket.connected) this.#socket.emit("resume");
  }

  /** Ends the recording; resolves with the summary. */
  async stop() {
    this.#started = false;
    const summary = await this.#ask("stop");
    if (!summary?.probabilities) throw LiveError.from(summary);
    return summary;
  }

  /** Makes a link to the live view; resolves with its path on this server. */
  async share() {
    const ack = await this.#askToShare("share");
    if (!ack?.ok) throw LiveError.from(ack);
    return ack.path;
  }

  /** Ends the link. */
  async unshare() {
    await this.#askToShare("unshare");
  }

  /** Drops a connection that no longer answers; socket.io-client would notice by itself only half a minute later. */
  renew() {
    if (!this.#socket.connected) return;
    this.#started = false;
    this.#socket.disconnect();
    this.#tell("lost", "stalled");
    this.#socket.connect();
  }

  /** Tries to connect at once, instead of at the end of socket.io-client's own wait. */
  hurry() {
    if (this.#socket.connected) return;
    this.#socket.disconnect();
    this.#socket.connect();
  }

  /** Hangs up for good, until `open`. */
  close() {
    this.#started = false;
    this.#socket.disconnect();
  }

  async #askToShare(event) {
    this.#sharing += 1;
    try {
      return await this.#ask(event);
    } finally {
      this.#sharing -= 1;
    }
  }

  async #ask(event, ...args) {
    if (!this.#socket.connected) throw new LiveError("server_gone");
    const lost = new Promise((_, reject) => {
      this.#socket.once("disconnect", () => reject(new LiveError("server_gone")));
    });
    try {
      return await Promise.race([this.#socket.timeout(ACK_MS).emitWithAck(event, ...args), lost]);
    } catch (error) {
      throw error instanceof LiveError ? error : new LiveError("server_gone", error.message);
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function connect() {
  return io("/live", {
    path: new URL(address("/socket.io")).pathname,
    transports: ["websocket"],
    autoConnect: false,
    // Back within five seconds, and not all who were lost together in the same moment.
    reconnectionDelay: 300,
    reconnectionDelayMax: 1500,
    randomizationFactor: 0.5,
    timeout: 4000,
  });
}
