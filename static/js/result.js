// The result of a recording, an upload or a sample clip, which is the same for all three: in words, to listen to, to keep as a
// file, and to forget.

import { fileName, toCsv, toJson } from "./exporting.js";
import { Player } from "./player.js";
import { drawPoster } from "./poster.js";
import { Summary } from "./summary.js";
import { utterances } from "./utterances.js";

const KEPT_MS = 20000; // a browser has begun to save by then

export class Result {
  #find;
  #labels;
  #summary;
  #player;
  #shown = null;
  #source = null; // what was judged, and about what

  /**
   * @param {Document} root
   * @param {{labels: string[], style_nonce?: string}} config
   */
  constructor(root, { labels, style_nonce = "" }) {
    this.#find = (id) => root.getElementById(id);
    this.#labels = labels;
    this.#summary = new Summary(root);
    const names = {
      stage: "stage", take: "take", rail: "rail", long: "long", axis: "axis", cursor: "cursor", strip: "strip", audio: "playback", play: "play",
      playText: "play-text", time: "play-time", seek: "seek", zoom: "zoom", zooming: "zooming", note: "listen-note", turns: "turns",
    };
    const parts = Object.fromEntries(Object.entries(names).map(([name, id]) => [name, this.#find(id)]));
    this.#player = new Player(parts, { nonce: style_nonce });
    this.#find("save-csv").addEventListener("click", () => this.#save("csv", new Blob([toCsv(this.#shown.judgement, this.#labels)], { type: "text/csv" })));
    this.#find("save-json").addEventListener("click", () => {
      this.#save("json", new Blob([toJson(this.#shown.judgement, this.#shown.name)], { type: "application/json" }));
    });
    this.#find("save-png").addEventListener("click", async () => {
      const shown = this.#shown;
      const picture = await drawPoster({ ...shown, peaks: this.#player.peaks });
      if (picture && shown === this.#shown) this.#save("png", picture);
    });
  }

  /** A result is under way: what it takes to show it should be there by then. */
  prepare() {
    this.#player.prepare();
  }

  /**
   * @param {object} judgement the API's object
   * @param {{voice: string, name: string, meant?: ?string, gaps?: number}} about
   * @param {Blob|import("./tape.js").Tape} source what was judged
   * @returns {{state: string, sentence: string}} what the chart should show
   */
  show(judgement, about, source) {
    const told = this.#summary.show(judgement, about);
    const turns = utterances(judgement.timeline, judgement.duration_s);
    this.#shown = { judgement, told, turns, name: about.name };
    this.#source = { about, source, file: fileOf(source) };
    this.#find("listen").hidden = false;
    this.#find("turns-part").hidden = !turns.length;
    this.#player.show(judgement, turns, source);
    return told;
  }

  /** What can be judged again: the visitor's own recording or file. @returns {?{file: Blob, about: object, source: object}} */
  get again() {
    return this.#source?.file && !this.#source.about.meant ? this.#source : null;
  }

  /** Nothing of it stays: no sound, no figures. */
  forget() {
    if (!this.#shown) return;
    this.#source = null;
    this.#shown = null;
    this.#summary.hide();
    this.#player.clear();
    this.#find("listen").hidden = true;
  }

  #save(kind, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = fileName(this.#shown.name, kind);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  }
}

/** A recording or upload as one file; null for a recording that lost its connection, or is too long to be kept. */
function fileOf(source) {
  if (source instanceof Blob) return source;
  if (source.full || source.parts.length !== 1) return null;
  const [{ chunks, type }] = source.parts;
  return new Blob(chunks, { type });
}
