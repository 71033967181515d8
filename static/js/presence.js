// The world around the page: asleep or awake, in the background, offline, about to be left, and what the browser allows. It keeps
// the screen awake and the tab's title true while there is a recording, and takes back an error whose cause has gone.

import { duration } from "./format.js";
import { Guard } from "./guard.js";
import { Nap } from "./nap.js";
import { strings } from "./strings.js";
import { WakeLock } from "./wakelock.js";

const TICK_MS = 1000;
const AWAKE = new Set(["connecting", "queued", "recording", "reconnecting", "stranded"]);
const HEARING = new Set(["recording", "reconnecting", "stranded"]);
const LOST_IF_LEFT = new Set(["recording", "paused", "reconnecting", "stranded", "stopping"]);

export class Presence {
  #lock = new WakeLock();
  #guard = new Guard();
  #nap = new Nap(TICK_MS);
  #error = null; // the code of the error shown
  #title = document.title;

  /**
   * @param {{network: () => void, healed: (words: string) => void}} on `network`: online or offline now; `healed`: the error shown
   *   has lost its cause
   */
  constructor({ network, healed }) {
    setInterval(() => this.#nap.tick(), TICK_MS);
    for (const type of ["online", "offline"]) addEventListener(type, network);
    addEventListener("online", () => {
      if (this.#error === "offline") healed(strings.presence.online);
    });
    navigator.permissions?.query({ name: "microphone" }).then((status) => {
      status.addEventListener("change", () => {
        if (this.#error === "refused" && status.state !== "denied") healed(strings.presence.allowed);
      });
    }).catch(() => {}); // a browser that does not tell
  }

  /** @param {{name: string, error?: {code: string}}} state */
  show(state) {
    this.#lock.hold(AWAKE.has(state.name));
    this.#guard.hold(LOST_IF_LEFT.has(state.name));
    this.#error = state.name === "error" ? this.code(state.error.code) : null;
    // Who is in another tab sees by the title that this one listens.
    const title = HEARING.has(state.name) ? strings.presence.title(this.#title) : this.#title;
    if (document.title !== title) document.title = title;
  }

  /** An error's code, where the network explains it better. */
  code(code) {
    return code === "server_gone" && !navigator.onLine ? "offline" : code;
  }

  /** What to say when a recording goes on after a gap. */
  back() {
    const seconds = this.#nap.take();
    return seconds ? strings.presence.slept(duration(seconds)) : strings.reconnected;
  }
}
