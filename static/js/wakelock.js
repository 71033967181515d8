// Keeps the screen awake while somebody speaks: a phone that locks itself sends the page to sleep in the middle of a sentence.

export class WakeLock {
  #api;
  #document;
  #lock = null;
  #wanted = false;
  #asking = false;

  /**
   * @param {{api?: {request: (type: string) => Promise<EventTarget>}, document?: Document}} [about] without the API (or without
   *   leave, as on a nearly empty battery) nothing happens: it is a courtesy
   */
  constructor({ api = navigator.wakeLock, document: page = document } = {}) {
    this.#api = api;
    this.#document = page;
    // The browser lets go of it whenever the page is hidden.
    page.addEventListener("visibilitychange", () => this.#update());
  }

  get held() {
    return Boolean(this.#lock);
  }

  /** @param {boolean} wanted */
  hold(wanted) {
    this.#wanted = wanted;
    return this.#update();
  }

  async #update() {
    if (!this.#wanted) {
      const lock = this.#lock;
      this.#lock = null;
      await lock?.release().catch(() => {});
      return;
    }
    if (!this.#api || this.#lock || this.#asking || this.#document.visibilityState !== "visible") return;
    this.#asking = true;
    try {
      const lock = await this.#api.request("screen");
      this.#lock = lock;
      lock.addEventListener("release", () => {
        if (this.#lock === lock) this.#lock = null;
      });
    } catch {
      // Refused: the screen may go dark, and the recording goes on as long as the system lets it.
    } finally {
      this.#asking = false;
    }
    if (!this.#wanted && this.#lock) await this.#update(); // no longer wanted when it came
  }
}
