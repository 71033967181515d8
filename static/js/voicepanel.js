// The cards of "Teach it my voice": a sentence for each emotion, its takes, and what the model has learnt from them.

import { capital } from "./format.js";
import { sentence, strings, word } from "./strings.js";
import { Take } from "./take.js";
import { Takes, next } from "./takes.js";
import { enrol } from "./teaching.js";

const SAVED_MS = 20000; // a browser has begun to save by then

export class VoicePanel {
  takes = new Takes();

  #find;
  #labels;
  #config;
  #voice;
  #settings;
  #changed;
  #state = "resting";
  #recording = null; // {take: Take, emotion, instead}
  #sending = null;
  #player = new Audio();
  #focus = null; // key of the button to focus after the cards are drawn

  /** Like Calibration's. @param {(id: string) => HTMLElement} find  @param {object} about */
  constructor(find, { config, voice, settings, changed }) {
    this.#find = (part) => find(`teach-${part}`);
    this.#labels = config.labels;
    this.#config = config;
    this.#voice = voice;
    this.#settings = settings;
    this.#changed = changed;
    this.#find("remember").addEventListener("change", ({ target }) => voice.remember(target.checked));
    this.#find("save").addEventListener("click", () => this.#save());
    this.#find("load").addEventListener("change", ({ target }) => this.#load(target));
    this.#find("forget").addEventListener("click", () => this.forget());
  }

  /** Whether the microphone is in use, or an answer is under way. */
  get busy() {
    return this.#state !== "resting";
  }

  /** @param {boolean} resting whether nothing else goes on in the dialog */
  show(resting) {
    this.#find("keeping").hidden = !resting;
    this.#find("state").hidden = !resting;
    this.#draw();
  }

  /** The text has been read: a take of neutral speech for the cards. @param {Blob} sound */
  read(sound) {
    this.takes.read(sound);
  }

  /** The dialog closes: what is recorded at the moment is dropped, the takes stay. */
  leave() {
    this.#recording?.take.cancel();
    this.#sending?.abort();
    this.#player.pause();
  }

  forget() {
    this.leave();
    this.takes.clear();
    this.#voice.forget();
    this.#say(strings.teach.forgotten);
    this.#draw();
    this.#changed();
  }

  async #record(emotion, instead = null) {
    if (!this.#move("say")) return;
    this.#player.pause();
    const take = new Take(this.#settings(), () => {
      this.#move("granted");
      this.#say(strings.teach.listening);
      this.#draw();
    });
    this.#recording = { take, emotion };
    this.#say(strings.teach.asking);
    this.#draw();
    let sound = null;
    try {
      sound = await take.record();
      if (sound) this.#move("recorded");
    } catch (error) {
      this.#say(sentence(error.code, { where: "start", limit: this.#config }));
    }
    this.#recording = null;
    this.#focus = `say-${emotion}`;
    if (!sound) {
      this.#move("cancelled");
      return this.#draw();
    }
    this.takes.add(emotion, sound, { instead });
    await this.#send();
  }

  // All takes are sent again each time: the mean of the voice depends on all of them.
  async #send() {
    this.#say(strings.teach.judging);
    this.#draw();
    this.#sending = new AbortController();
    try {
      const answer = await this.#enrolled();
      this.#move("answered");
      if (answer) {
        this.takes.answered(answer);
        this.#voice.teach(answer);
        this.#changed();
      }
      this.#say(answer ? learnt(answer) : strings.teach.nothing);
    } catch (error) {
      this.#move("refused");
      this.#say(error.code === "cancelled" ? "" : sentence(error.code, { where: "file", limit: this.#config }));
    }
    this.#sending = null;
    this.#draw();
  }

  async #enrolled() {
    for (;;) {
      const groups = this.takes.usable();
      if (!Object.keys(groups).length) return null;
      try {
        return await enrol(groups, this.#sending.signal);
      } catch (error) {
        if (!this.takes.blame(error)) throw error;
      }
    }
  }

  #remove(take) {
    this.takes.remove(take.id);
    this.#focus = `say-${take.emotion}`;
    if (this.#move("judge")) this.#send();
  }

  #move(event) {
    const before = this.#state;
    this.#state = next(before, event);
    return this.#state !== before;
  }

  #say(text) {
    this.#find("state").textContent = text;
  }

  #draw() {
    const focused = this.#focus ?? document.activeElement?.dataset?.key;
    const cards = this.#find("cards");
    cards.replaceChildren(...this.#labels.map((emotion) => this.#card(emotion)));
    const button = cards.querySelector(`[data-key="${focused}"]`);
    this.#focus = button?.disabled ? focused : null; // a button that rests now is focused when it does not
    button?.focus();
    const { kept } = this.#voice;
    for (const part of ["save", "forget"]) this.#find(part).disabled = !kept || this.busy;
    this.#find("remember").disabled = !kept;
    this.#find("remember").checked = this.#voice.remembered;
    this.#find("load").disabled = this.busy;
  }

  #card(emotion) {
    const own = this.#recording?.emotion === emotion ? this.#state : "resting";
    const takes = this.takes.of(emotion);
    const card = element("li", { className: `lesson c-${emotion}` });
    card.dataset.state = own;
    const text = strings.teach.sentences[emotion];
    const { say, more, stop } = strings.teach;
    const button = this.#button(own === "resting" ? (takes.length ? more : say) : stop, `say-${emotion}`, () => {
      if (own === "resting") this.#record(emotion);
      else this.#recording.take.stop();
    });
    button.disabled = own === "resting" ? this.busy : own !== "listening";
    button.setAttribute("aria-label", `${button.textContent}: ${word(emotion)}`);
    card.append(element("h4", { textContent: capital(word(emotion)) }), ...(text ? [element("q", { textContent: text })] : []), button);
    if (takes.length) {
      const list = element("ul");
      list.append(...takes.map((take, index) => this.#take(take, index + 1)));
      card.append(list);
    }
    return card;
  }

  #take(take, number) {
    const { name, reading, hear, again, remove, keep, doubt } = strings.teach;
    const title = take.reading ? reading : name(number);
    const row = element("li");
    const act = (text, key, done) => {
      const button = this.#button(text, `${key}-${take.id}`, done);
      button.className = "quiet";
      button.disabled = this.busy;
      button.setAttribute("aria-label", `${text}: ${word(take.emotion)}, ${title}`);
      return button;
    };
    row.append(
      element("span", { textContent: title }),
      act(hear, "hear", () => this.#hear(take)),
      ...(take.reading ? [] : [act(again, "again", () => this.#record(take.emotion, take.id))]),
      act(remove, "remove", () => this.#remove(take)),
    );
    if (take.refused) row.append(element("p", { className: "note", textContent: sentence(take.refused, { where: "take" }) }));
    if (take.resembles) {
      row.append(
        element("p", { className: "note", textContent: doubt(word(take.emotion), word(take.resembles)) }),
        act(keep(word(take.emotion)), "keep", () => {
          this.takes.keep(take.id);
          this.#focus = `say-${take.emotion}`;
          this.#draw();
        }),
      );
    }
    return row;
  }

  #button(text, key, act) {
    const button = element("button", { type: "button", textContent: text });
    button.dataset.key = key;
    button.addEventListener("click", act);
    return button;
  }

  #hear(take) {
    URL.revokeObjectURL(this.#player.src);
    this.#player.src = URL.createObjectURL(take.sound);
    this.#player.play().catch(() => {});
  }

  #save() {
    const link = element("a", { href: URL.createObjectURL(new Blob([`${this.#voice.kept.speaker}\n`], { type: "text/plain" })), download: "my-voice.speaker" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
  }

  async #load(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    const text = file.size < 10000 ? await file.text().catch(() => "") : "";
    const fits = this.#voice.load(text, file.name);
    if (fits) this.takes.clear();
    this.#say(fits ? strings.teach.loaded(file.name) : strings.teach.no_profile(file.name));
    this.#draw();
    if (fits) this.#changed();
  }
}

/** What the model has learnt, in sentences. @param {{clips: object, check: ?object, separates: boolean}} taught */
export function learnt({ clips, check, separates }) {
  const { knows, check: checked, same } = strings.teach;
  const said = [knows(Object.keys(clips).map(word))];
  if (check) said.push(checked(check.untaught, check.taught, check.clips));
  if (!separates) said.push(same);
  return said.join(" ");
}

function element(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}
