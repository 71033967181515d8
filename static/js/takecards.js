// The cards of the emotions: a sentence to say, a button that records it, and the takes so far. Shows the state of takes.js and
// decides nothing.

import { capital, duration } from "./format.js";
import { Meter } from "./meter.js";
import { sentence, strings, word } from "./strings.js";
import { cardOf, isDoubtful } from "./takes.js";

/** An error's sentence for a card. @param {string} code */
export function problemOf(code, limit) {
  return strings.teach.problems[code] ?? sentence(code, { where: "start", limit });
}

export class TakeCards {
  #list;
  #audio;
  #config;
  #act;
  #cards = new Map();
  #playing = null; // the id of the take that sounds

  /**
   * @param {{list: HTMLElement, audio: HTMLAudioElement}} parts
   * @param {{labels: string[]}} config
   * @param {{record: (emotion: string, replaces: ?number) => void, stop: () => void, remove: (id: number) => void, keep: (id: number) => void}} act
   */
  constructor({ list, audio }, config, act) {
    this.#list = list;
    this.#audio = audio;
    this.#config = config;
    this.#act = act;
    for (const emotion of config.labels) this.#cards.set(emotion, this.#make(emotion));
    list.replaceChildren(...[...this.#cards.values()].map(({ element }) => element));
    for (const event of ["pause", "ended"]) audio.addEventListener(event, () => this.#quiet());
  }

  /**
   * @param {typeof import("./takes.js").initial} state
   * @param {?Object<string, number>} clips what the profile in use knows, where there is one
   */
  show(state, clips) {
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    if (this.#playing && !state.takes.some(({ id }) => id === this.#playing)) this.#audio.pause();
    for (const [emotion, card] of this.#cards) this.#showCard(card, emotion, state, clips);
    if (!focused || this.#list.contains(document.activeElement)) return;
    const [emotion] = focused.split(" ");
    (this.#list.querySelector(`[data-key="${focused}"]`) ?? this.#cards.get(emotion).button).focus();
  }

  /** @param {string} emotion of the take that begins  @param {AnalyserNode} analyser */
  follow(emotion, analyser) {
    this.#cards.get(emotion).meter.follow(analyser);
  }

  /** Nothing sounds, and no level moves. */
  rest() {
    this.#audio.pause();
    for (const { meter } of this.#cards.values()) meter.rest();
  }

  #make(emotion) {
    const element = make("li", `voice-card c-${emotion}`);
    element.dataset.emotion = emotion;
    const level = make("meter");
    Object.assign(level, { min: -60, max: 0, value: -60 });
    level.setAttribute("aria-label", strings.studio_level);
    const hint = make("p", "note hint");
    hint.setAttribute("role", "status");
    const button = make("button", "take-record");
    button.type = "button";
    button.dataset.key = `${emotion} record`;
    button.addEventListener("click", () => this.#press(emotion));
    const said = make("p", "card-said");
    said.setAttribute("role", "status");
    const takes = make("ol", "take-list");
    const head = make("div", "card-head");
    head.append(make("h4", "", capital(word(emotion))), said);
    const line = make("div", "card-line");
    line.append(button, level, hint);
    element.append(head, make("p", "say", strings.clip.said(strings.teach.sentences[emotion] ?? "")), line, takes);
    return { element, button, said, takes, meter: new Meter(level, hint), drawn: null };
  }

  #press(emotion) {
    const { name } = this.#cards.get(emotion).element.dataset;
    if (name === "recording") this.#act.stop();
    else this.#act.record(emotion, null);
  }

  #showCard(card, emotion, state, clips) {
    const { name, takes, problem } = cardOf(state, emotion);
    const { button, element, said } = card;
    const words = strings.teach;
    // From the reading alone, or from takes of another visit.
    const otherwise = ["empty", "waiting"].includes(name) && !state.known.length && clips?.[emotion];
    const shown = otherwise ? "known" : name;
    element.dataset.name = shown;
    const text = problem ? problemOf(problem, this.#config) : words.card[shown](word(emotion));
    if (said.textContent !== text) said.textContent = text;
    said.classList.toggle("wrong", Boolean(problem));
    if (name !== "recording") card.meter.rest();
    const label = name === "recording" ? words.stop : takes.length ? words.more : words.record;
    if (button.textContent !== label) button.textContent = label;
    button.classList.toggle("main", name === "recording" || !takes.length);
    button.setAttribute("aria-label", words.label(label, word(emotion), ""));
    // A disabled button would lose the focus.
    button.setAttribute("aria-disabled", String(state.name !== "resting" && name !== "recording"));
    this.#list.toggleAttribute("data-busy", state.name !== "resting");
    const drawn = [state.name === "resting", takes, state.known];
    if (card.drawn?.[0] === drawn[0] && same(card.drawn[1], takes) && same(card.drawn[2], state.known)) return;
    card.drawn = drawn;
    card.takes.replaceChildren(...takes.map((take, place) => this.#item(take, place, state)));
  }

  #item(take, place, state) {
    const words = strings.teach;
    const { id, emotion, reading, fault } = take;
    const item = make("li", "take-item");
    Object.assign(item.dataset, { take: id, fault: fault ?? "", doubt: isDoubtful(take) ? take.resembles : "", used: state.known.includes(id) });
    const name = reading ? words.reading : words.take(place + 1);
    const button = (what, label, act) => {
      const made = make("button", "quiet", label);
      made.type = "button";
      made.dataset.key = `${emotion} ${what} ${id}`;
      made.setAttribute("aria-label", words.label(label, word(emotion), name));
      made.addEventListener("click", act);
      made.disabled = state.name !== "resting" && what !== "hear" && what !== "keep";
      return made;
    };
    const buttons = make("span", "take-buttons");
    buttons.append(button("hear", this.#playing === id ? words.stop : words.hear, () => this.#hear(take)));
    if (!reading) buttons.append(button("again", words.again, () => this.#act.record(emotion, id)));
    buttons.append(button("remove", words.remove, () => this.#act.remove(id)));
    item.append(make("span", "take-name", `${name} · ${duration(take.seconds)}`), buttons);
    if (fault) item.append(make("p", "wrong", words.faults[fault] ?? words.faults.other));
    if (isDoubtful(take)) {
      const question = make("p", "doubt", words.doubt(word(take.resembles), word(emotion)));
      item.append(question, button("keep", words.keep(word(emotion)), () => this.#act.keep(id)));
    }
    return item;
  }

  #hear({ id, sound }) {
    const playing = this.#playing;
    this.#audio.pause();
    this.#quiet();
    if (playing === id) return;
    this.#playing = id;
    this.#audio.src = URL.createObjectURL(sound);
    this.#audio.play().catch(() => this.#quiet());
    this.#label(id, strings.teach.stop);
  }

  #quiet() {
    if (this.#playing === null) return;
    this.#label(this.#playing, strings.teach.hear);
    this.#playing = null;
    URL.revokeObjectURL(this.#audio.src);
    this.#audio.removeAttribute("src");
  }

  #label(id, text) {
    const item = this.#list.querySelector(`[data-take="${id}"] button`);
    if (!item) return;
    item.setAttribute("aria-label", item.getAttribute("aria-label").replace(item.textContent, text));
    item.textContent = text;
  }
}

function same(one, other) {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}
