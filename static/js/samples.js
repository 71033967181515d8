// The list of sample clips: which is played, which is judged, and how many were heard as they were meant.

import { address } from "./address.js";
import { Card } from "./card.js";
import { Tally } from "./comparison.js";
import { calm } from "./palette.js";
import { strings } from "./strings.js";

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

/** A sample's file, or null where it cannot be had. */
export async function clipOf(sample) {
  try {
    const answer = await fetch(sample.url);
    return answer.ok ? await answer.blob() : null;
  } catch {
    return null;
  }
}

export class Samples {
  #root;
  #player;
  #onJudge;
  #rootPath;
  #cards = [];
  #tally = new Tally();
  #playing = null;
  #frame = 0;

  /**
   * @param {{cards: HTMLElement, note: HTMLElement, more: HTMLButtonElement, player: HTMLAudioElement, tally: HTMLElement,
   *   back: HTMLElement}} root `back` holds a link that leads from the result to the card
   * @param {(sample: object) => void} onJudge
   * @param {{root: string}} config `root`: see address.js
   */
  constructor(root, onJudge, config) {
    this.#root = root;
    this.#player = root.player;
    this.#onJudge = onJudge;
    this.#rootPath = config.root;
    for (const event of ["ended", "pause", "error"]) this.#player.addEventListener(event, () => this.#quiet());
    this.#player.addEventListener("timeupdate", () => this.#follow());
    root.back.addEventListener("click", (event) => this.#return(event));
  }

  async load() {
    const { note, cards, more } = this.#root;
    try {
      const answer = await fetch(address("/api/v1/samples"));
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const list = toList(await answer.json()).map((sample) => ({ ...sample, url: address(sample.url, { root: this.#rootPath }) }));
      note.textContent = list.length ? "" : strings.samples_none;
      const shown = first();
      const actions = { onPlay: (card) => this.#toggle(card), onJudge: this.#onJudge };
      this.#cards = list.map((sample) => new Card(sample, title(sample.name), actions));
      this.#cards.slice(shown).forEach((card) => { card.element.hidden = true; });
      cards.replaceChildren(...this.#cards.map((card) => card.element));
      more.hidden = list.length <= shown;
      more.textContent = strings.samples_more(list.length);
      more.onclick = () => {
        for (const card of this.#cards) card.element.hidden = false;
        more.hidden = true;
        this.#cards[shown].focus();
      };
    } catch {
      note.textContent = strings.samples_failed;
    }
  }

  /** Writes what was heard on the card, and counts it. */
  heard(sample, judgement) {
    const card = this.#of(sample);
    if (!card) return;
    this.#tally.add(sample, card.heard(judgement));
    const { judged, matched } = this.#tally;
    this.#root.tally.textContent = judged ? strings.clip.tally(matched, judged) : "";
  }

  /** Marks the card under judgement; null for none. */
  choose(sample) {
    for (const card of this.#cards) card.choose(card.url === sample?.url);
    this.#root.back.hidden = !sample;
  }

  /** Judging is not possible while something else is going on. */
  enable(on) {
    for (const card of this.#cards) card.enable(on);
  }

  silence() {
    this.#player.pause();
  }

  #of(sample) {
    return this.#cards.find((card) => card.url === sample.url);
  }

  #return(event) {
    const card = this.#cards.find(({ element }) => element.classList.contains("chosen"));
    if (!card) return; // the link's own way
    event.preventDefault();
    card.element.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block: "center" });
    card.focus();
  }

  #toggle(card) {
    const again = this.#playing === card;
    this.#player.pause();
    this.#quiet();
    if (again) return;
    this.#playing = card;
    card.playing(0);
    this.#player.src = card.url;
    this.#player.play().catch((error) => {
      if (error.name !== "AbortError" && this.#playing === card) this.#root.note.textContent = strings.errors.sample_gone;
      this.#quiet(card);
    });
  }

  // Between the player's own few events a second the bar moves with the frames, where motion is welcome.
  #follow() {
    cancelAnimationFrame(this.#frame);
    const { currentTime, duration, paused } = this.#player;
    if (!this.#playing || paused || !duration) return;
    this.#playing.playing(Math.min(1, currentTime / duration));
    if (!calm()) this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #quiet(only = this.#playing) {
    if (!this.#playing || only !== this.#playing) return;
    cancelAnimationFrame(this.#frame);
    this.#playing.quiet();
    this.#playing = null;
  }
}
