// The first step of teaching: a text to read aloud in an ordinary, calm voice, for ten seconds of speech. The server takes that
// speech for neutral and returns a text that describes the voice. It judges the same seconds without it and with it, so that
// the page can show the difference.

import { calibrationHelp } from "./findings.js";
import { capital, duration, percent } from "./format.js";
import { Meter } from "./meter.js";
import { predict } from "./predictions.js";
import { Session } from "./session.js";
import { moved } from "./speakers.js";
import { sentence, strings, word } from "./strings.js";
import { winner } from "./timeline.js";

const SPEECH_S = 10;
const LONGEST_S = 40; // who has not said enough until then is told so,
const SILENT_S = 15; // and who has said as good as nothing
const NOTHING_S = 3;
const RESTING = ["ready", "skipped", "short", "failed", "done"];

/** Seconds of speech among windows as they come: pure. */
export class Heard {
  seconds = 0;
  end_s = 0; // of all that was heard

  /** Whether there is nothing more to wait for. */
  get over() {
    return this.seconds >= SPEECH_S || this.end_s >= LONGEST_S || (this.end_s >= SILENT_S && this.seconds < NOTHING_S);
  }

  add({ state, start_s, end_s }) {
    if (state !== "silence") this.seconds += Math.max(0, end_s - Math.max(this.end_s, start_s));
    this.end_s = Math.max(this.end_s, end_s);
  }
}

/** What a reading has changed, in words. @param {?object} change as `moved` gives it */
export function changeOf(change) {
  const told = strings.studio.calibration;
  if (!change) return told.unseen;
  if (change.little) return told.little;
  const most = told.most(word(change.label), change.from, change.to);
  const nearest = change.before === change.after ? told.same(word(change.after)) : told.other(word(change.before), word(change.after));
  return `${most} ${nearest}`;
}

export class Reading {
  #find;
  #about;
  #meter;
  #session = null;
  #sending = null;
  #heard = new Heard();
  #chunks = [];

  /**
   * @param {(id: string) => HTMLElement} find
   * @param {object} about
   * @param {import("./live.js").Live} about.live
   * @param {{labels: string[]}} about.config
   * @param {() => object} about.settings the microphone's
   * @param {(state: string) => void} about.shown its state has changed: ready, skipped, asking, queued, listening, judging, short,
   *   failed or done
   * @param {(read: {told: object, change: ?object, sound: Blob, seconds: number}) => void} about.done
   */
  constructor(find, about) {
    this.#find = (part) => find(`reading-${part}`);
    this.#about = about;
    this.#meter = new Meter(this.#find("level"), this.#find("hint"));
    this.#find("begin").addEventListener("click", () => this.#begin());
  }

  /** Says how much a reading helps. @param {?object} report the model's */
  inform(report) {
    this.#find("help").textContent = calibrationHelp(report);
  }

  /** @param {"ready"|"skipped"|"done"} state `skipped`: it may be read, and the text is not shown; `done`: an earlier time */
  rest(state) {
    this.leave();
    this.#show(state, "");
    this.#find("change").hidden = true;
  }

  /** Lets go of microphone and server. */
  leave() {
    this.#meter.rest();
    this.#sending?.cancel();
    this.#session?.close();
    this.#session = this.#sending = null;
    this.#chunks = [];
  }

  #begin() {
    this.leave();
    this.#heard = new Heard();
    this.#show("asking");
    const { live, config, settings } = this.#about;
    const session = new Session(live, config, (event) => this.#on(event), {
      settings: settings(),
      calibrate: true,
      onChunk: (chunk) => this.#chunks.push(chunk),
    });
    this.#session = session;
    session.begin();
  }

  #on(event) {
    switch (event.type) {
      case "wait":
        return this.#show("queued");
      case "started":
        this.#show("listening");
        return this.#meter.follow(this.#session.analyser);
      case "prediction":
        return this.#hear(event.window);
      case "ended":
      case "failed":
        return this.#fail(sentence(event.code ?? event.error.code, { where: "start", limit: this.#about.config }));
      case "lost":
        return this.#fail(strings.studio.calibration.lost);
      default:
    }
  }

  #hear(window) {
    this.#heard.add(window);
    this.#turn();
    if (this.#heard.over) this.#finish();
  }

  async #finish() {
    const session = this.#session;
    if (this.#state === "judging") return;
    this.#show("judging");
    this.#meter.rest();
    const told = await session.stop();
    if (session !== this.#session) return; // left meanwhile
    if (told.suffices === undefined) return this.#fail(sentence("server_gone"));
    if (!told.suffices) return this.#show("short", strings.studio.calibration.short(duration(this.#heard.end_s)));
    const sound = new Blob(this.#chunks, { type: session.type });
    const pair = await this.#compare(sound, told.speaker);
    if (session !== this.#session) return;
    const change = pair && moved(...pair);
    this.#tabulate(pair);
    this.#find("change").hidden = !pair;
    this.leave();
    this.#about.done({ told, change, sound, seconds: this.#heard.end_s });
    this.#show("done", changeOf(change));
  }

  // The same seconds, judged as a stranger's and as this voice's. Null where the server has no time for it.
  async #compare(clip, speaker) {
    const pair = [];
    for (const whose of [null, speaker]) {
      this.#sending = predict(clip, "calibration", { speaker: whose });
      try {
        pair.push((await this.#sending.done).probabilities);
      } catch {
        return null;
      }
    }
    return pair;
  }

  #fail(text) {
    this.leave();
    this.#show("failed", text);
  }

  get #state() {
    return this.#find("part").dataset.state;
  }

  #show(state, text = strings.studio.calibration[state]) {
    const { begin, again, more, read } = strings.studio.calibration.buttons;
    this.#find("part").dataset.state = state;
    this.#find("state").textContent = text;
    this.#find("begin").hidden = !RESTING.includes(state);
    this.#find("begin").textContent = { ready: begin, skipped: read, done: more }[state] ?? again;
    this.#find("begin").classList.toggle("main", !["skipped", "done"].includes(state)); // the cards come next
    this.#find("text").hidden = ["skipped", "done"].includes(state);
    this.#find("listening").hidden = !["listening", "judging"].includes(state);
    if (state !== "done") this.#find("change").hidden = true;
    this.#turn();
    this.#about.shown(state);
  }

  #turn() {
    const share = Math.min(1, this.#heard.seconds / SPEECH_S);
    this.#find("ring").style.strokeDashoffset = String(1 - share);
    this.#find("count").textContent = String(Math.floor(share * SPEECH_S));
    this.#find("turn").setAttribute("aria-valuenow", (share * SPEECH_S).toFixed(1));
  }

  #tabulate(pair) {
    if (!pair) return;
    const [before, after] = pair;
    this.#find("change").tBodies[0].replaceChildren(...this.#about.config.labels.map((label) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.className = `c-${label}`;
      head.textContent = capital(word(label));
      row.append(head);
      for (const shares of [before, after]) {
        const cell = row.insertCell();
        cell.textContent = percent(shares[label]);
        cell.className = winner(shares) === label ? "best" : "";
      }
      return row;
    }));
  }
}
