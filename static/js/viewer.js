// The watching end of a shared view: Socket.IO, namespace /watch, WebSocket only. Receives, and sends nothing but its wish.

import { io } from "../vendor/socket.io-client/socket.io.esm.min.js";

import { address } from "./address.js";
import { obstruction } from "./reach.js";

const ACK_MS = 8000;
const OPEN_MS = 5000;

export class Viewer {
  #socket;
  #view;
  #tell;
  #met = false; // whether there has been a connection
  #timer = 0;

  /**
   * @param {string} view the token
   * @param {(event: object) => void} tell events of the model in view.js
   */
  constructor(view, tell) {
    this.#view = view;
    this.#tell = tell;
    this.#socket = io("/watch", {
      path: new URL(address("/socket.io")).pathname,
      transports: ["websocket"],
      autoConnect: false,
      reconnectionDelay: 300,
      reconnectionDelayMax: 3000,
      randomizationFactor: 0.5,
      timeout: 4000,
    });
    this.#socket.on("connect", () => {
      this.#met = true;
      clearTimeout(this.#timer);
      this.#watch();
    });
    this.#socket.on("prediction", (prediction) => tell({ type: "prediction", prediction }));
    this.#socket.on("state", ({ recording, interrupted }) => tell({ type: "state", recording, interrupted }));
    this.#socket.on("ended", (data) => tell({ type: "ended", reason: data?.reason }));
    this.#socket.on("disconnect", (reason) => {
      if (reason === "io client disconnect") return;
      tell({ type: "lost" });
      // The server's own goodbye is the one case that socket.io-client does not reconnect from.
      if (reason === "io server disconnect") this.#socket.connect();
    });
  }

  open() {
    this.#socket.connect();
    clearTimeout(this.#timer);
    if (!this.#met) this.#timer = setTimeout(() => this.#explain(), OPEN_MS);
  }

  close() {
    clearTimeout(this.#timer);
    this.#socket.disconnect();
  }

  async #explain() {
    const code = await obstruction();
    if (!this.#met && code !== "server_gone") this.#tell({ type: "blocked", code });
  }

  async #watch() {
    try {
      const ack = await this.#socket.timeout(ACK_MS).emitWithAck("watch", { view: this.#view });
      if (ack?.ok) this.#tell({ ...ack, type: "watching" });
      else this.#tell({ type: "refused", ...ack?.error });
    } catch {
      // No answer, or lost again: a fresh connection asks again.
      if (!this.#socket.connected) return;
      this.#socket.disconnect();
      this.#tell({ type: "lost" });
      this.#socket.connect();
    }
  }
}
