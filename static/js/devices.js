// The microphone's panel: which one, and what the browser may do to its sound. Kept for this tab.

import { tab } from "./memory.js";
import { NAMELESS, TREATMENTS } from "./microphone.js";
import { strings } from "./strings.js";

/**
 * The microphones that can be told apart: pure. None before the permission, when browsers hide their names.
 * @param {MediaDeviceInfo[]} devices
 * @returns {{id: string, name: string}[]}
 */
export function choices(devices) {
  return devices
    .filter(({ kind, deviceId, label }) => kind === "audioinput" && deviceId && label && !NAMELESS.has(deviceId))
    .map(({ deviceId, label }) => ({ id: deviceId, name: label }));
}

export class Devices {
  #media = globalThis.navigator?.mediaDevices;
  #parts;
  #settings = { device: "", ...tab.get("microphone", {}) };
  #session = null;

  /**
   * @param {{field: HTMLElement, select: HTMLSelectElement, switches: HTMLButtonElement[], note: HTMLElement}} parts the switches
   *   carry a treatment's name as `data-treatment`
   */
  constructor(parts) {
    this.#parts = parts;
    parts.select.addEventListener("change", () => this.#change({ device: parts.select.value }));
    for (const toggle of parts.switches) {
      toggle.setAttribute("aria-checked", String(this.#settings[toggle.dataset.treatment] === true));
      toggle.addEventListener("click", () => this.#treat(toggle));
    }
    this.#media?.addEventListener?.("devicechange", () => this.look());
    this.look();
  }

  /** What the next recording asks for. */
  get settings() {
    return { ...this.#settings };
  }

  /** @param {?import("./session.js").Session} session what is being recorded, or null */
  use(session) {
    if (session === this.#session) return;
    this.#session = session;
    this.#parts.note.textContent = "";
    if (session) this.look(); // the permission is there, and with it the names
  }

  /** Looks which microphones there are. */
  async look() {
    const found = choices(await this.#media?.enumerateDevices?.().catch(() => []) ?? []);
    const { field, select, note } = this.#parts;
    field.hidden = found.length < 2;
    if (!found.length) return;
    if (this.#settings.device && !found.some(({ id }) => id === this.#settings.device)) {
      this.#keep({ device: "" });
      note.textContent = strings.studio.microphone.gone;
    }
    const options = [{ id: "", name: strings.studio.microphone.any }, ...found];
    const known = [...select.options].map(({ value, text }) => value + text).join() === options.map(({ id, name }) => id + name).join();
    if (!known) select.replaceChildren(...options.map(({ id, name }) => new Option(name, id))); // it may be open just now
    select.value = this.#settings.device;
  }

  #treat(toggle) {
    const on = toggle.getAttribute("aria-checked") !== "true";
    toggle.setAttribute("aria-checked", String(on));
    this.#change({ [toggle.dataset.treatment]: on });
  }

  // For the next recording, and for this one too where it goes.
  async #change(wish) {
    const { note, select } = this.#parts;
    const session = this.#session;
    const { device } = this.#settings;
    this.#keep(wish);
    note.textContent = "";
    if (!session) return;
    const outcome = await session.change(this.settings);
    if (session !== this.#session) return; // it is over
    note.textContent = strings.studio.microphone[outcome];
    if (outcome !== "kept" || !("device" in wish)) return;
    this.#keep({ device });
    select.value = device;
  }

  #keep(change) {
    Object.assign(this.#settings, change);
    const kept = { device: this.#settings.device };
    for (const name of TREATMENTS) kept[name] = this.#settings[name] === true;
    tab.put("microphone", kept);
  }
}
