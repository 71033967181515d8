// The list of sample clips: a card each, playable, judged on click.

import { duration } from "./format.js";
import { strings, word } from "./strings.js";

// Cards shown before "Show all".
const first = () => (matchMedia("(max-width: 860px)").matches ? 5 : 12);

/** "actor_03-happy.flac" -> "Actor 03 happy": names that read like file names become readable. Pure. */
export function title(name) {
  const bare = name.split("/").at(-1).replace(/\.[a-z0-9]{2,4}$/i, "").replace(/[_-]+/g, " ").trim();
  return bare ? bare.charAt(0).toUpperCase() + bare.slice(1) : name;
}

/** The loaded list, one array whatever the server answered. Pure. */
export function toList(body) {
  return Array.isArray(body) ? body : [];
}

export class Samples {
  #root;
  #player;
  #onJudge;
  #playing = null;

  /**
   * @param {{cards: HTMLElement, note: HTMLElement, more: HTMLButtonElement, player: HTMLAudioElement}} root
   * @param {(sample: object) => void} onJudge
   */
  constructor(root, onJudge) {
    this.#root = root;
    this.#player = root.player;
    this.#onJudge = onJudge;
    for (const event of ["ended", "pause", "error"]) this.#player.addEventListener(event, () => this.#quiet());
  }

  async load() {
    const { note, cards, more } = this.#root;
    try {
      const answer = await fetch("/api/v1/samples");
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const list = toList(await answer.json());
      note.textContent = list.length ? "" : strings.samples_none;
      const shown = first();
      cards.replaceChildren(...list.map((sample, index) => this.#card(sample, index >= shown)));
      more.hidden = list.length <= shown;
      more.textContent = strings.samples_more(list.length);
      more.onclick = () => {
        for (const card of cards.children) card.hidden = false;
        more.hidden = true;
      };
    } catch {
      note.textContent = strings.samples_failed;
    }
  }

  /** Writes what was heard on the card. */
  heard(sample, judgement) {
    const card = [...this.#root.cards.children].find((item) => item.dataset.url === sample.url);
    if (!card) return;
    card.querySelector(".heard").textContent = judgement.emotion
      ? strings.sample.heard(word(judgement.emotion), judgement.probabilities[judgement.emotion])
      : strings.sample.heard_none;
  }

  /** Marks the card under judgement; null for none. */
  choose(sample) {
    for (const card of this.#root.cards.children) card.classList.toggle("chosen", card.dataset.url === sample?.url);
  }

  /** Judging is not possible while something else is going on. */
  enable(on) {
    for (const button of this.#root.cards.querySelectorAll(".judge")) button.disabled = !on;
  }

  silence() {
    this.#player.pause();
  }

  #card(sample, hidden) {
    const card = document.createElement("li");
    card.className = "sample";
    card.hidden = hidden;
    card.dataset.url = sample.url;
    card.dataset.emotion = sample.emotion ?? "";
    const name = title(sample.name);

    const meant = make("p", `meant${sample.emotion ? ` c-${sample.emotion}` : ""}`,
      sample.emotion ? strings.sample.meant(word(sample.emotion)) : strings.sample.unlabelled);
    const kind = make("p", "facts");
    kind.append(
      make("span", "tag", sample.synthetic ? strings.sample.synthetic : strings.sample.recorded),
      sample.duration_s ? duration(sample.duration_s) : "",
    );
    const origin = make("p", "facts", sample.source ?? "");
    if (sample.licence) origin.append(sample.source ? " · " : "", make("span", "licence", sample.licence));
    const play = make("button", "play", strings.sample.play);
    play.type = "button";
    play.setAttribute("aria-label", strings.sample.play_label(name));
    play.addEventListener("click", () => this.#toggle(play, sample));
    const judge = make("button", "judge", strings.sample.predict);
    judge.type = "button";
    judge.setAttribute("aria-label", strings.sample.predict_label(name));
    judge.addEventListener("click", () => this.#onJudge(sample));
    const buttons = make("div", "buttons");
    buttons.append(play, judge);
    card.append(make("h3", "", name), meant, kind, origin, make("p", "heard"), buttons);
    return card;
  }

  #toggle(button, sample) {
    const again = this.#playing === button;
    this.#player.pause();
    this.#quiet();
    if (again) return;
    this.#playing = button;
    button.textContent = strings.sample.playing;
    button.setAttribute("aria-pressed", "true");
    this.#player.src = sample.url;
    this.#player.play().catch(() => this.#quiet(button));
  }

  #quiet(only = this.#playing) {
    if (!this.#playing || only !== this.#playing) return;
    this.#playing.textContent = strings.sample.play;
    this.#playing.setAttribute("aria-pressed", "false");
    this.#playing = null;
  }
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
