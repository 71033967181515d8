// Asks before the page is left in the middle of a recording. The browser asks in its own words, and only who has clicked here.
//
// A finished result is not guarded: it was looked at, what is worth keeping has a button beside it, and the page promises to keep
// nothing. A question at the end of every visit would be answered without reading, and then the one that matters, too.

export class Guard {
  #target;
  #on = false;
  #ask = (event) => {
    event.preventDefault();
    event.returnValue = true; // older browsers
  };

  /** @param {EventTarget} target the window */
  constructor(target = globalThis) {
    this.#target = target;
    target.addEventListener("pagehide", () => this.hold(false)); // it has been answered
  }

  /**
   * Listens only while there is something to lose: a page that always does is not kept for the way back.
   * @param {boolean} on
   */
  hold(on) {
    if (on === this.#on) return;
    this.#on = on;
    if (on) this.#target.addEventListener("beforeunload", this.#ask);
    else this.#target.removeEventListener("beforeunload", this.#ask);
  }
}
