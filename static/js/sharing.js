// The switch that shares the live view, with its link, also as a QR code, and how many watch.

import { address } from "./address.js";
import { drawCode } from "./code.js";
import { initial, next } from "./link.js";
import { strings } from "./strings.js";

const COPIED_MS = 2500;

export class Sharing {
  #live;
  #root;
  #link = initial;
  #copied = 0;

  /**
   * @param {import("./live.js").Live} live
   * @param {{panel: HTMLElement, toggle: HTMLButtonElement, open: HTMLElement, url: HTMLInputElement, copy: HTMLButtonElement,
   *   send: HTMLButtonElement, stop: HTMLButtonElement, count: HTMLElement, note: HTMLElement, code: HTMLCanvasElement}} root
   */
  constructor(live, root) {
    this.#live = live;
    this.#root = root;
    const { toggle, copy, send, stop, url } = root;
    toggle.addEventListener("click", () => (["off", "ended", "failed"].includes(this.#link.name) ? this.#share() : this.#unshare()));
    stop.addEventListener("click", () => {
      this.#unshare();
      toggle.focus();
    });
    copy.addEventListener("click", () => this.#copy());
    send.hidden = !navigator.share;
    send.addEventListener("click", () => navigator.share({ title: strings.share.title, url: this.#link.url }).catch(() => {}));
    url.addEventListener("focus", () => url.select());
    live.addEventListener("watchers", ({ detail }) => this.#on({ type: "watchers", count: detail.count }));
    live.addEventListener("lost", () => this.#on({ type: "lost" }));
    this.#show();
  }

  /** @param {boolean} shareable whether there is a recording @param {boolean} linked whether the server is there */
  enable(shareable, linked) {
    this.#root.panel.hidden = !shareable;
    this.#root.toggle.disabled = !linked;
    if (!shareable) this.#on({ type: "stop" });
  }

  async #share() {
    if (!this.#on({ type: "ask" })) return;
    try {
      const path = await this.#live.share();
      if (!this.#on({ type: "given", url: address(path) })) return;
      this.#root.copy.textContent = strings.share_copy;
      this.#root.copy.focus({ preventScroll: true });
    } catch {
      this.#on({ type: "refused" });
    }
  }

  #unshare() {
    if (this.#on({ type: "stop" })) this.#live.unshare().catch(() => {}); // a link without its server has ended as well
  }

  async #copy() {
    const { url, copy, note } = this.#root;
    try {
      await navigator.clipboard.writeText(this.#link.url);
    } catch {
      url.select(); // no clipboard on this page: the old way, and else the visitor's own keys
      if (!document.execCommand("copy")) {
        note.textContent = strings.share.copy_yourself;
        return;
      }
    }
    copy.textContent = strings.share.copied;
    clearTimeout(this.#copied);
    this.#copied = setTimeout(() => {
      copy.textContent = strings.share_copy;
    }, COPIED_MS);
  }

  // A code that cannot be drawn leaves the link, which says the same.
  #drawCode() {
    const { url } = this.#link;
    const figure = this.#root.code.parentElement;
    figure.hidden = true;
    if (url) drawCode(this.#root.code, url).then(() => { figure.hidden = url !== this.#link.url; }, () => {});
  }

  #on(event) {
    const before = this.#link;
    this.#link = next(before, event);
    if (this.#link !== before) this.#show();
    return this.#link !== before;
  }

  #show() {
    const { toggle, open, url, count, note } = this.#root;
    const { name } = this.#link;
    toggle.setAttribute("aria-checked", String(name === "on" || name === "asking"));
    if (name !== "on" && open.contains(document.activeElement)) toggle.focus({ preventScroll: true });
    open.hidden = name !== "on";
    if (url.value !== this.#link.url) {
      url.value = this.#link.url;
      this.#drawCode();
    }
    const watchers = name === "on" ? strings.share.watchers(this.#link.watchers) : "";
    if (count.textContent !== watchers) count.textContent = watchers;
    const words = strings.share[name] ?? strings.share_note;
    if (note.textContent !== words) note.textContent = words;
  }
}
