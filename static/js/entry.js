// Getting a recording started: tries until the server lets it in, waiting its turn where there is no place.
//
// While it waits it hangs up: a queue of hundreds costs the server nothing, and each try may reach another worker, which may
// have a place.

import { LiveError } from "./error.js";
import { Queue, waits } from "./queue.js";

const TICK_MS = 200;

export class Entry {
  #live;
  #tell;
  #makeQueue;
  #left = false;
  #leave = null;

  /**
   * @param {import("./live.js").Live} live
   * @param {(wait: {code: string, left_s: number, share: number} | null) => void} tell what to show of the queue; null: a try
   *   is under way
   * @param {() => Queue} makeQueue tests hand in their own clock
   */
  constructor(live, tell, makeQueue = () => new Queue()) {
    this.#live = live;
    this.#tell = tell;
    this.#makeQueue = makeQueue;
  }

  /**
   * Resolves with the server's acknowledgement once let in. Rejects with a LiveError: a refusal that no waiting heals,
   * `server_gone` where the first try finds no server, `left` after `leave()`.
   * @param {string} mime_type
   * @param {object} [wishes] what the server is asked for besides (`Live.start`)
   * @param {{met?: boolean}} [about] `met`: there was a server a moment ago, which may just be replaced
   */
  async enter(mime_type, wishes, { met = false } = {}) {
    const queue = this.#makeQueue();
    this.#left = false;
    const stay = () => {
      if (this.#left) throw new LiveError("left");
    };
    for (;;) {
      try {
        await this.#live.open();
        stay();
        return await this.#live.start(mime_type, wishes);
      } catch (error) {
        stay();
        // Once in the queue (or seen), a server that is gone for a moment is one more reason to wait.
        const patient = waits(error.code) || ((met || queue.tries > 0) && error.code === "server_gone");
        if (!patient) throw error;
        queue.refused(error);
      }
      this.#live.close();
      await this.#wait(queue);
    }
  }

  /** Gives the place in the queue up. */
  leave() {
    this.#left = true;
    this.#leave?.();
  }

  #wait(queue) {
    return new Promise((resolve, reject) => {
      const show = () => {
        if (queue.due) return done(resolve, null);
        this.#tell({ code: queue.code, left_s: queue.left_s, share: queue.share });
      };
      const done = (settle, how) => {
        clearInterval(timer);
        this.#leave = null;
        if (settle === resolve) this.#tell(null);
        settle(how);
      };
      const timer = setInterval(show, TICK_MS);
      this.#leave = () => done(reject, new LiveError("left"));
      show();
    });
  }
}
