// The recorder's words and buttons: puts a state of the machine on the page. Decides nothing.

import { Announcer, announced } from "./announcer.js";
import { clockTime } from "./format.js";
import { follow, groupOf, initial } from "./headline.js";
import { allowed, isLive } from "./state.js";
import { strings, word } from "./strings.js";

const ASIDE_MS = 6000;

export class Screen {
  #find;
  #state;
  #announcer;
  #blocked = false; // nothing can be recorded here
  #hearing = ""; // the headline's group, while recording
  #headline = initial;
  #moving = false; // the connection is not lost but changed
  #wait = null; // the place in the queue
  #asideTimer = 0;
  #skipped = 0; // moments, since the word of it has stood there

  /** @param {Document} root */
  constructor(root, state) {
    this.#find = (id) => root.getElementById(id);
    this.#state = state;
    this.#announcer = new Announcer((text) => {
      this.#find("announcer").textContent = text;
    });
  }

  /**
   * @param {{name: string, linked: boolean}} state
   * @param {{moving?: boolean}} [about]
   */
  show(state, { moving = false } = {}) {
    this.#state = state;
    this.#moving = moving;
    const can = allowed(state);
    const { body, activeElement: focused } = document;
    body.dataset.state = state.name;
    body.toggleAttribute("data-live", isLive(state));
    body.toggleAttribute("data-busy", !can.judge);
    if (state.name !== "recording" && state.name !== "paused") this.#hear("");
    if (!["queued", "reconnecting"].includes(state.name)) this.#wait = null;
    this.#find("record").disabled = !can.record;
    this.#find("record-text").textContent = state.name === "result" ? strings.record_again : strings.record;
    for (const name of ["pause", "resume", "again", "stop", "cancel", "discard"]) this.#find(name).hidden = !can[name];
    this.#keepFocus(focused);
    this.#showWait();
    this.#say();
  }

  /** Shows the newest window. @param {import("./timeline.js").Window} window with times of the whole recording */
  heard(window) {
    this.#headline = follow(this.#headline, window);
    if (this.#state.name !== "stopping") this.#hear(groupOf(this.#headline.kind));
    this.#say();
    this.#announcer.heard(announced(window), (kind) => (kind === "other" ? strings.hearing.other : strings.headline.emotion(word(kind))));
  }

  /** Nothing can be recorded with this browser, or at this address. */
  block() {
    this.#blocked = true;
    document.body.dataset.blocked = "true";
    this.#say();
  }

  /** Online or offline now. */
  network() {
    this.#say();
  }

  /** Begins a new recording. */
  forget() {
    this.#headline = initial;
    this.aside("");
  }

  /** @param {?{code: string, left_s: number, share: number}} wait the place in the queue, or null */
  queue(wait) {
    this.#wait = wait;
    this.#showWait();
    this.#say();
  }

  /** A try out of the queue is under way. */
  trying() {
    this.queue({ ...this.#wait, left_s: 0, share: 1 });
  }

  /** A notice with a button, until it is dismissed. */
  warn(text) {
    this.#find("notice").hidden = !text;
    this.#find("notice-text").textContent = text;
  }

  /** A quiet word that goes away by itself. */
  aside(text) {
    const line = this.#find("aside");
    clearTimeout(this.#asideTimer);
    if (!text) this.#skipped = 0;
    if (line.textContent !== text) line.textContent = text;
    if (text) this.#asideTimer = setTimeout(() => this.aside(""), ASIDE_MS);
  }

  /** The server was too busy for so many windows. */
  skipped(windows) {
    this.#skipped += windows;
    this.aside(strings.skipped(this.#skipped));
  }

  tick(seconds) {
    const clock = this.#find("clock");
    const text = clockTime(seconds);
    if (clock.textContent !== text) clock.textContent = text;
    clock.dateTime = `PT${Math.floor(seconds)}S`;
    clock.dataset.seconds = seconds.toFixed(2);
  }

  #hear(what) {
    this.#hearing = what;
    document.body.dataset.hearing = what;
  }

  #say() {
    const words = this.#words();
    this.#announcer.state(words);
    this.#find("state").textContent = (this.#state.name === "recording" && strings.hearing[this.#hearing]) || words;
    const { headline } = strings;
    const heard = this.#hearing === "speech" ? headline.emotion(word(this.#headline.kind)) : headline[this.#hearing];
    this.#find("headline").textContent = {
      connecting: headline.reconnecting,
      queued: headline.queued,
      recording: heard ?? headline.listening,
      paused: heard ?? headline.listening,
      reconnecting: headline.reconnecting,
      stranded: headline.stranded,
      stopping: headline.judging,
      judging: headline.judging,
    }[this.#state.name] ?? headline.idle;
  }

  #words() {
    const { states, queue } = strings;
    const { name, linked } = this.#state;
    if (name === "idle" && this.#blocked) return strings.presence.blocked;
    if (name === "paused" && !linked) return states.paused_lost;
    if (name === "queued") return queue[this.#wait?.code] ?? queue.busy;
    if (["reconnecting", "stranded"].includes(name) && !navigator.onLine) return states.offline;
    if (name === "reconnecting" && this.#wait) return queue.lost;
    if (name === "reconnecting" && this.#moving) return states.moving;
    return states[name];
  }

  #showWait() {
    const wait = this.#wait;
    this.#find("wait").hidden = !wait;
    if (!wait) return;
    const seconds = Math.ceil(wait.left_s);
    const text = seconds ? strings.queue.again(seconds) : strings.queue.trying;
    if (this.#find("wait-text").textContent !== text) this.#find("wait-text").textContent = text;
    this.#find("wait-count").textContent = seconds || "…";
    this.#find("wait-ring").style.strokeDashoffset = String(wait.share);
  }

  // A button that vanishes under the keyboard's focus hands it to the one that took its place.
  #keepFocus(focused) {
    if (!(focused instanceof HTMLButtonElement) || (!focused.hidden && !focused.disabled && focused.offsetParent)) return;
    if (!focused.closest(".console")) return;
    const following = ["pause", "resume", "again", "cancel", "stop", "record"].map(this.#find)
      .find((button) => !button.hidden && !button.disabled && button.offsetParent);
    following?.focus();
  }
}
