// "Teach it my voice": a dialog with a text to read aloud in an ordinary, calm voice, for ten seconds of speech, and with the
// cards of voicepanel.js. The server takes the reading for neutral and returns a text that describes the voice. This tab keeps the
// text; the server judges the same seconds without it and with it, so that the dialog can show the difference.

import { calibrationHelp } from "./findings.js";
import { capital, duration, percent } from "./format.js";
import { Meter } from "./meter.js";
import { predict } from "./predictions.js";
import { Session } from "./session.js";
import { sentence, strings, word } from "./strings.js";
import { winner } from "./timeline.js";
import { moved } from "./voice.js";
import { VoicePanel } from "./voicepanel.js";

const SPEECH_S = 10;
const LONGEST_S = 40; // who has not said enough until then is told so,
const SILENT_S = 15; // and who has said as good as nothing
const NOTHING_S = 3;

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

export class Calibration {
  #find;
  #live;
  #config;
  #settings;
  #voice;
  #changed;
  #panel;
  #meter;
  #session = null;
  #sending = null;
  #heard = new Heard();
  #chunks = [];

  /**
   * @param {(id: string) => HTMLElement} find
   * @param {object} about
   * @param {import("./live.js").Live} about.live
   * @param {object} about.config
   * @param {() => object} about.settings the microphone's
   * @param {import("./voice.js").Voice} about.voice
   * @param {() => void} about.changed the voice has been calibrated
   */
  constructor(find, { live, config, settings, voice, changed }) {
    this.#find = (part) => find(part === "teach" ? part : `calibration-${part}`);
    this.#panel = new VoicePanel(find, {
      config, voice, settings,
      changed: () => {
        this.#reveal();
        changed();
      },
    });
    this.#live = live;
    this.#config = config;
    this.#settings = settings;
    this.#voice = voice;
    this.#changed = changed;
    this.#meter = new Meter(this.#find("level"), this.#find("hint"));
    this.#find("begin").addEventListener("click", () => this.#begin());
    this.#find("close").addEventListener("click", () => this.#find("dialog").close());
    this.#find("dialog").addEventListener("close", () => {
      this.#panel.leave();
      this.#leave();
    });
  }

  /** Says how much a calibration helps. @param {?object} report the model's */
  inform(report) {
    this.#find("help").textContent = calibrationHelp(report);
  }

  open() {
    for (const media of document.querySelectorAll("audio, video")) media.pause(); // the microphone would hear them
    this.#show("ready");
    this.#find("dialog").showModal();
    this.#find("begin").focus();
  }

  #begin() {
    this.#panel.leave();
    this.#leave();
    this.#heard = new Heard();
    this.#show("asking");
    const session = new Session(this.#live, this.#config, (event) => this.#on(event), {
      settings: this.#settings(),
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
        return this.#fail(sentence(event.code ?? event.error.code, { where: "start", limit: this.#config }));
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
    const reading = new Blob(this.#chunks, { type: session.type });
    const pair = await this.#compare(reading, told.speaker);
    if (session !== this.#session) return;
    this.#panel.read(reading);
    this.#voice.keep(told, pair && moved(...pair));
    this.#tabulate(pair);
    this.#show("done", changeOf(this.#voice.kept));
    this.#changed();
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
    this.#leave();
    this.#show("failed", text);
  }

  #leave() {
    this.#meter.rest();
    this.#sending?.cancel();
    this.#session?.close();
    this.#session = this.#sending = null;
    this.#chunks = [];
  }

  get #state() {
    return this.#find("dialog").dataset.state;
  }

  #show(state, text = strings.studio.calibration[state]) {
    const { begin, again, cancel, done } = strings.studio.calibration.buttons;
    const resting = ["ready", "short", "failed"].includes(state);
    this.#find("dialog").dataset.state = state;
    this.#find("state").textContent = text;
    this.#reveal();
    this.#find("begin").hidden = !resting;
    this.#find("begin").textContent = state === "ready" ? begin : again;
    this.#find("close").textContent = state === "done" ? done : cancel;
    this.#find("reading").hidden = state === "done";
    this.#find("listening").hidden = !["listening", "judging"].includes(state);
    this.#find("change").hidden = state !== "done" || !this.#voice.kept?.change;
    this.#turn();
    // The button under the focus may have gone.
    if (this.#find("dialog").open) (resting ? this.#find("begin") : this.#find("close")).focus();
  }

  // The cards follow a reading or a profile from a file, and rest while the text is read.
  #reveal() {
    const reading = ["asking", "queued", "listening", "judging"].includes(this.#state);
    this.#find("teach").hidden = reading || !this.#voice.kept;
    this.#panel.show(!reading);
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
    this.#find("change").tBodies[0].replaceChildren(...this.#config.labels.map((label) => {
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

/** What a calibration has changed, in words. */
export function changeOf({ change = null }) {
  const told = strings.studio.calibration;
  if (!change) return told.unseen;
  if (change.little) return told.little;
  const most = told.most(word(change.label), change.from, change.to);
  const nearest = change.before === change.after ? told.same(word(change.after)) : told.other(word(change.before), word(change.after));
  return `${most} ${nearest}`;
}
