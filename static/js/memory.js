// What the page remembers: a browser's storage, or nothing where the browser keeps none (private windows, blocked cookies).

export class Memory {
  #storage;

  /** @param {() => Storage} open reading the property alone may throw */
  constructor(open) {
    try {
      this.#storage = open();
    } catch {
      this.#storage = null;
    }
  }

  /** What was put there, or `otherwise`. */
  get(name, otherwise = null) {
    try {
      return JSON.parse(this.#storage?.getItem(name) ?? "null") ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  /** Null forgets it. */
  put(name, value) {
    try {
      if (value === null) this.#storage?.removeItem(name);
      else this.#storage?.setItem(name, JSON.stringify(value));
    } catch {
      // full or forbidden: then it holds until the page is left
    }
  }
}

/** Until the tab is closed. */
export const tab = new Memory(() => globalThis.sessionStorage);

/** Until the visitor clears it. */
export const lasting = new Memory(() => globalThis.localStorage);
