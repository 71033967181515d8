// "Judge again with my voice": the sound of the result on the page, judged with the profile that was made since. The result
// stays until the new judgement is there.

import { predict } from "./predictions.js";
import { soundOf } from "./sound.js";
import { sentence, strings, word } from "./strings.js";
import { Tape } from "./tape.js";

export class Rejudging {
  #button;
  #note;
  #about;
  #shown = null;
  #sending = null;

  /**
   * @param {{button: HTMLButtonElement, note: HTMLElement}} parts
   * @param {object} about
   * @param {() => ?string} about.speaker the profile in use
   * @param {object} about.config
   * @param {(judgement: object, about: object, source: Blob|Tape) => void} about.finish shows a judgement; calls `show`
   */
  constructor({ button, note }, about) {
    this.#button = button;
    this.#note = note;
    this.#about = about;
    button.addEventListener("click", () => this.#judge());
  }

  /**
   * @param {object} judgement the API's object
   * @param {{name: string, meant?: ?string, speaker?: ?string, before?: object}} about `speaker`: the profile that it was judged with
   * @param {Blob|Tape} source
   */
  show(judgement, about, source) {
    this.forget();
    this.#shown = { judgement, about, source };
    this.#note.textContent = about.before ? told(about.before, judgement) : "";
    this.update();
  }

  /** Another profile may be in use, or none. */
  update() {
    this.#button.hidden = !this.#offered;
  }

  forget() {
    this.#sending?.cancel();
    this.#shown = this.#sending = null;
    this.#note.textContent = "";
    this.#busy(false);
    this.update();
  }

  // Not a sample clip: that is another's voice. Not a recording that was too long to be kept.
  get #offered() {
    if (!this.#shown) return false;
    const { about, source } = this.#shown;
    const speaker = this.#about.speaker();
    return Boolean(speaker) && speaker !== about.speaker && about.meant === undefined && !source.full;
  }

  async #judge() {
    if (this.#sending || !this.#offered) return;
    const shown = this.#shown;
    const { judgement, about, source } = shown;
    const speaker = this.#about.speaker();
    this.#busy(true);
    this.#sending = { cancel() {} }; // until there is something to send
    try {
      const file = await fileOf(source, judgement.duration_s);
      if (shown !== this.#shown) return;
      this.#sending = predict(file, about.name, { speaker });
      const again = await this.#sending.done;
      if (shown !== this.#shown) return;
      this.#about.finish(again, { ...about, speaker, before: judgement }, source);
    } catch (error) {
      if (shown !== this.#shown) return;
      this.#sending = null;
      this.#busy(false);
      const words = error.code === "bad_message" ? strings.rejudged.unknown : sentence(error.code ?? "unknown", { where: "file", limit: this.#about.config });
      this.#note.textContent = words;
    }
  }

  #busy(on) {
    this.#button.setAttribute("aria-disabled", String(on));
    if (on) this.#note.textContent = strings.rejudged.busy;
  }
}

// One recorder's bytes are a file already; several are joined.
async function fileOf(source, duration_s) {
  if (!(source instanceof Tape)) return source;
  if (source.parts.length === 1) return new Blob(source.parts[0].chunks, { type: source.parts[0].type });
  return (await soundOf(source, duration_s)).blob;
}

/** What has changed between two judgements, in words. */
export function told(before, after) {
  const heard = ({ emotion, probabilities }) => (emotion ? strings.rejudged.heard(word(emotion), probabilities[emotion]) : strings.rejudged.nothing);
  return strings.rejudged.told(heard(before), heard(after));
}
