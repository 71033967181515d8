// What the model's own report says of it, from /api/v1/model, in plain words. No figure stands in this code.

import { address } from "./address.js";
import { drawConfusion, telling } from "./confusion.js";
import { count, percent, tenth } from "./format.js";
import { strings, word } from "./strings.js";

/** The sentences that say where it fails: pure. */
export function failures({ splits, disturbances, aims, corpora }) {
  const words = strings.model;
  const name = (figures) => corpora.find((own) => own.corpus === figures.corpus)?.name ?? figures.corpus;
  const worst = (list, key) => list.reduce((low, next) => (next[key] < low[key] ? next : low), list[0]);
  const hardest = worst(splits.speakers.corpora, "uar");
  const strangest = worst(splits.corpora.corpora, "uar");
  const line = worst(disturbances, "unchanged");
  return [
    words.fails_new(percent(splits.speakers.uar), percent(splits.corpora.uar)),
    ...(splits.corpora.uar < 0.5 ? [words.fails_mostly] : []),
    words.fails_corpus(name(hardest), percent(hardest.uar), name(strangest), percent(strangest.uar)),
    ...(line ? [words.fails_line(words.disturbances[line.name] ?? line.name, percent(1 - line.unchanged))] : []),
    words.fails_acted,
    words.fails_people,
    words.fails_sure,
    words.fails_aims(aims.reached, aims.count),
  ];
}

/** What it learnt from, added up: pure. Corpora that are only judged do not count. */
export function learnt(corpora) {
  const heard = corpora.filter((own) => own.heard);
  const sum = (key) => heard.reduce((all, own) => all + own[key], 0);
  return { corpora: heard.length, clips: sum("clips"), speakers: sum("speakers"), hours: sum("hours") };
}

export class About {
  #find;
  #report = null;
  #labels = [];

  /** @param {Document} root */
  constructor(root) {
    this.#find = (id) => root.getElementById(id);
  }

  async load() {
    const note = this.#find("model-note");
    try {
      const answer = await fetch(address("/api/v1/model"));
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      this.show(await answer.json());
    } catch {
      note.textContent = strings.model.failed;
    }
  }

  /** @param {object} model the server's answer */
  show({ name, version, labels, report }) {
    const note = this.#find("model-note");
    note.textContent = report ? strings.model.which(name, version) : strings.model.none(name, version);
    if (!report) return;
    this.#report = report;
    this.#labels = labels;
    this.#figures();
    this.#choices();
    this.#find("fails").replaceChildren(...failures(report).map((text) => make("li", "", text)));
    this.#table();
    this.#learnt();
    this.#disturbed();
    this.#find("model-report").hidden = false;
  }

  #figures() {
    const { splits, chance } = this.#report;
    const told = [
      [splits.speakers.uar, strings.model.figure_speakers(splits.speakers.corpora.length, splits.speakers.folds, count(splits.speakers.clips))],
      [splits.corpora.uar, strings.model.figure_corpora(splits.corpora.corpora.length, count(splits.corpora.clips))],
      [chance, strings.model.figure_chance(this.#labels.length)],
    ];
    this.#find("model-figures").replaceChildren(...told.map(([share, text]) => {
      const item = make("li");
      item.append(make("strong", "", percent(share)), " ", make("span", "", text));
      return item;
    }));
  }

  #choices() {
    const splits = this.#find("matrix-splits");
    const select = this.#find("matrix-corpus");
    const split = () => splits.querySelector("input:checked").value;
    const fill = () => {
      const before = select.value;
      const offered = this.#report.splits[split()].corpora;
      select.replaceChildren(...offered.map((own) => new Option(this.#name(own.corpus), own.corpus)));
      if (offered.some((own) => own.corpus === before)) select.value = before;
      this.#matrix(split(), select.value);
    };
    splits.addEventListener("change", fill);
    select.addEventListener("change", () => this.#matrix(split(), select.value));
    fill();
  }

  #matrix(split, corpus) {
    const words = strings.model;
    const { folds, corpora } = this.#report.splits[split];
    const own = corpora.find((figures) => figures.corpus === corpus);
    this.#find("matrix-caption").textContent = words.caption[split](this.#name(corpus), count(own.clips), folds);
    drawConfusion(this.#find("matrix"), {
      counts: own.confusion, words: this.#labels.map(word), corner: words.corner, none: words.no_clips, clips: words.clips,
    });
    const { best, worst, mistake } = telling(own.confusion);
    const at = (index) => word(this.#labels[index]);
    const said = [words.best(at(best[0]), percent(best[1]), at(worst[0]), percent(worst[1]))];
    if (mistake[2]) said.push(words.mistake(at(mistake[0]), at(mistake[1]), percent(mistake[2])));
    if (own.women !== null && own.men !== null) said.push(words.sexes(percent(own.women), percent(own.men)));
    this.#find("matrix-said").textContent = said.join(" ");
  }

  #table() {
    const { corpora, splits, chance } = this.#report;
    const figure = (split, corpus) => splits[split].corpora.find((own) => own.corpus === corpus);
    this.#find("corpora").tBodies[0].replaceChildren(...corpora.map((own) => {
      const line = make("tr");
      const head = make("th", "", own.name);
      head.scope = "row";
      if (own.language) head.append(make("small", "", language(own.language)));
      line.append(head, ...Object.keys(splits).map((split) => bar(figure(split, own.corpus), chance)));
      return line;
    }));
  }

  #learnt() {
    const { corpora } = this.#report;
    const all = learnt(corpora);
    this.#find("learnt-sum").textContent = strings.model.learnt(count(all.clips), count(all.speakers), tenth(all.hours), count(all.corpora));
    this.#find("learnt").replaceChildren(...corpora.map((own) => {
      const item = make("li");
      const title = make(own.home ? "a" : "span", "", own.title ?? own.name);
      if (own.home) Object.assign(title, { href: own.home, rel: "external noreferrer" });
      const facts = [own.language && language(own.language), strings.model.speakers(own.speakers), strings.model.of_clips(count(own.clips)), own.licence];
      item.append(title, make("span", "facts", facts.filter(Boolean).join(" · ")));
      if (!own.heard) item.append(make("span", "facts", strings.model.judged_only));
      return item;
    }));
  }

  #disturbed() {
    const { disturbances, sounds_refused } = this.#report;
    this.#find("disturbed").replaceChildren(...disturbances.map(({ name, unchanged }) => {
      const item = make("li");
      item.append(make("strong", "", percent(unchanged)), " ", make("span", "", strings.model.disturbances[name] ?? name));
      return item;
    }));
    this.#find("disturbed-sounds").textContent = sounds_refused === null ? "" : strings.model.sounds(percent(sounds_refused));
  }

  #name(corpus) {
    return this.#report.corpora.find((own) => own.corpus === corpus)?.name ?? corpus;
  }
}

function bar(figures, chance) {
  const cell = make("td");
  if (!figures) {
    cell.textContent = strings.model.not_measured;
    return cell;
  }
  const spread = figures.uar_sd === null ? "" : ` ± ${Math.round(figures.uar_sd * 100)}`;
  const track = make("span", "track");
  track.style.setProperty("--share", `${(figures.uar * 100).toFixed(1)}%`);
  track.style.setProperty("--chance", `${(chance * 100).toFixed(1)}%`);
  cell.append(make("span", "number", `${percent(figures.uar)}${spread}`), track);
  return cell;
}

const language = (name) => strings.model.languages[name] ?? name;

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
