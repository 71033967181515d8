// Single keys for the recorder's buttons, and the dialog that tells of them. They can be switched off there (WCAG 2.1.4).

import { lasting } from "./memory.js";

/** Which button a key presses, by the button's id; a key may have several, of which one shows at a time. */
export const KEYS = Object.freeze({ r: ["record"], p: ["pause", "resume"], s: ["stop"], "?": ["help-open"] });

const TYPING = [
  "input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=file])", "textarea", "select", "[contenteditable]",
  "[role=textbox]", "[role=listbox]", "[role=combobox]",
].join();

/**
 * The ids of the buttons that a key stands for; none where it is meant for something else: pure.
 * @param {KeyboardEvent} event
 * @param {{on: boolean, modal: boolean}} about whether single keys are switched on, and whether a dialog is open
 */
export function meant(event, { on, modal }) {
  if (!on || modal || event.defaultPrevented || event.repeat || event.isComposing) return [];
  if (event.ctrlKey || event.metaKey || event.altKey) return []; // the browser's own
  if (event.target?.closest?.(TYPING)) return [];
  return KEYS[event.key?.length === 1 ? event.key.toLowerCase() : ""] ?? [];
}

export class Shortcuts {
  #root;
  #on = lasting.get("shortcuts", true) !== false;

  /**
   * @param {Document} root
   * @param {{dialog: HTMLDialogElement, open: HTMLButtonElement, close: HTMLButtonElement, toggle: HTMLInputElement}} parts
   */
  constructor(root, { dialog, open, close, toggle }) {
    this.#root = root;
    open.addEventListener("click", () => dialog.showModal());
    close.addEventListener("click", () => dialog.close());
    toggle.checked = this.#on;
    toggle.addEventListener("change", () => {
      this.#on = toggle.checked;
      lasting.put("shortcuts", this.#on);
      this.#tell();
    });
    this.#tell();
    root.addEventListener("keydown", (event) => {
      const modal = root.querySelector("dialog[open]") !== null;
      if (modal && event.key === "Escape") event.stopPropagation(); // it closes the dialog, and cancels nothing behind it
      const ids = meant(event, { on: this.#on, modal });
      const button = ids.map((id) => root.getElementById(id)).find((one) => one && !one.disabled && one.offsetParent);
      if (!button) return;
      event.preventDefault();
      button.click();
    });
  }

  #tell() {
    for (const [key, ids] of Object.entries(KEYS)) {
      for (const id of ids) {
        const button = this.#root.getElementById(id);
        if (this.#on) button?.setAttribute("aria-keyshortcuts", key.toUpperCase());
        else button?.removeAttribute("aria-keyshortcuts");
      }
    }
    this.#root.body.toggleAttribute("data-keys", this.#on);
  }
}
