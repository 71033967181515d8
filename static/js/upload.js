// Choosing or dropping a file, and the bar that shows how far it has got.

import { strings } from "./strings.js";

export class Upload {
  #root;

  /**
   * @param {{form: HTMLFormElement, input: HTMLInputElement, sending: HTMLElement, bar: HTMLProgressElement, text: HTMLElement}} root
   * @param {(files: File[]) => void} onFiles
   */
  constructor(root, onFiles) {
    this.#root = root;
    const { form, input } = root;
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
      const files = [...event.dataTransfer.files];
      if (files.length) onFiles(files);
    });
  }

  enable(on) {
    this.#root.input.disabled = !on;
  }

  /** @param {number} share sent, 0 to 1 */
  progress(name, share) {
    const { sending, bar, text } = this.#root;
    sending.hidden = false;
    if (share < 1) bar.value = share;
    else bar.removeAttribute("value"); // sent; how long the judging takes is not known
    text.textContent = share < 1 ? strings.upload.sending(name, share) : strings.upload.judging(name);
  }

  done() {
    this.#root.sending.hidden = true;
  }
}
