// Choosing or dropping a file, and the bar that shows how far it has got and what time is left.

import { Eta, pace, roughly } from "./eta.js";
import { wholeDuration } from "./format.js";
import { strings } from "./strings.js";

const TICK_MS = 500;

export class Upload {
  #root;
  #file = null;
  #sent = null; // the time that the sending takes
  #judgedFrom = 0; // when it was sent, in milliseconds
  #takes_s = null; // how long the judging should take, once the file's length is known
  #timer = 0;

  /**
   * @param {{form: HTMLFormElement, input: HTMLInputElement, sending: HTMLElement, bar: HTMLProgressElement, text: HTMLElement,
   *   cancel: HTMLButtonElement}} root
   * @param {{onFiles: (files: File[], about?: {folder: boolean}) => void, onCancel: () => void}} how `folder`: a folder was dropped
   */
  constructor(root, { onFiles, onCancel }) {
    this.#root = root;
    const { form, input, cancel } = root;
    cancel.addEventListener("click", () => {
      onCancel();
      input.focus();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = ""; // the same file may be chosen again
      if (files.length) onFiles(files);
    });
    // The whole page takes a drop, so that a near miss does not make the browser leave it.
    addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.add("over");
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) form.classList.remove("over");
    });
    addEventListener("drop", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.remove("over");
      const { files, items } = event.dataTransfer;
      const folder = [...items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
      if (files.length) onFiles([...files], { folder });
    });
  }

  enable(on) {
    this.#root.input.disabled = !on;
  }

  /** @param {File} file is being sent from now on */
  begin(file) {
    this.done();
    this.#file = file;
    this.#sent = new Eta();
    this.#judgedFrom = 0;
    this.#takes_s = null;
    this.#root.sending.hidden = false;
    this.#timer = setInterval(() => this.#say(), TICK_MS);
    lengthOf(file).then((seconds) => {
      if (file === this.#file && seconds) this.#takes_s = pace(seconds);
    });
    this.progress(0);
  }

  /** @param {number} share sent, 0 to 1 */
  progress(share) {
    if (!this.#file) return;
    this.#sent.put(share);
    const { bar } = this.#root;
    if (share < 1) {
      bar.value = share;
    } else if (!this.#judgedFrom) {
      this.#judgedFrom = performance.now();
      bar.removeAttribute("value"); // how long exactly the judging takes is not known
    }
    this.#say();
  }

  done() {
    clearInterval(this.#timer);
    this.#file = null;
    this.#root.sending.hidden = true;
  }

  #say() {
    const { text, bar } = this.#root;
    const { name } = this.#file;
    const took_s = (performance.now() - this.#judgedFrom) / 1000;
    const left_s = this.#judgedFrom ? (this.#takes_s ?? 0) - took_s : this.#sent.left_s;
    const words = [this.#judgedFrom ? strings.upload.judging(name) : strings.upload.sending(name, bar.value)];
    if (left_s > 0.5) words.push(strings.player.left(wholeDuration(roughly(left_s))));
    else if (this.#judgedFrom && took_s > 2) words.push(strings.player.took(wholeDuration(took_s)));
    if (text.textContent !== words.join(" ")) text.textContent = words.join(" ");
  }
}

/** A file's seconds as the browser reads them from its head, or null. */
function lengthOf(file) {
  return new Promise((resolve) => {
    const probe = new Audio();
    const url = URL.createObjectURL(file);
    const tell = () => {
      resolve(Number.isFinite(probe.duration) ? probe.duration : null);
      probe.removeAttribute("src");
      URL.revokeObjectURL(url);
    };
    probe.addEventListener("loadedmetadata", tell, { once: true });
    probe.addEventListener("error", tell, { once: true });
    probe.preload = "metadata";
    probe.src = url;
  });
}
