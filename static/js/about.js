// Puts what the model's report says of it, from /api/v1/model, on the page in plain words. No figure stands in this code.

import { address } from "./address.js";
import { drawConfusion, telling } from "./confusion.js";
import { calibrationHelp, expectation, failures, groupRows, inequality, learnt, ordinarily, peopleRows, sessionRows, soundRows } from "./findings.js";
import { count, percent, tenth } from "./format.js";
import { strings, word } from "./strings.js";

const FIRST = 3; // weak points that every visitor reads; the others fold open

export class About {
  #find;
  #report = null;
  #labels = [];

  /** @param {Document} root */
  constructor(root) {
    this.#find = (id) => root.getElementById(id);
  }

  /** Fetches the figures and shows them. @returns {Promise<?object>} the report; null without one */
  async load() {
    const note = this.#find("model-note");
    try {
      const answer = await fetch(address("/api/v1/model"));
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const model = await answer.json();
      this.show(model);
      return model.report;
    } catch {
      note.textContent = strings.model.failed;
      return null;
    }
  }

  /** @param {object} model the server's answer */
  show({ name, version, labels, prior = null, report }) {
    const note = this.#find("model-note");
    note.textContent = report ? strings.model.which(name, version) : strings.model.none(name, version);
    if (!report) return;
    this.#report = report;
    this.#labels = labels;
    this.#figures();
    this.#choices();
    const weak = failures(report).map((text) => make("li", "", text));
    this.#find("fails").replaceChildren(...weak.slice(0, FIRST));
    this.#find("fails-more").replaceChildren(...weak.slice(FIRST));
    this.#find("model-prior").textContent = expectation(prior);
    this.#ordinary();
    this.#sections();
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
    this.#find("model-figures").replaceChildren(...told.map(([figure, text]) => share([percent(figure), text])));
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

  #ordinary() {
    const { ordinary } = this.#report;
    this.#find("ordinary-part").hidden = !ordinary;
    if (!ordinary) return;
    this.#find("ordinary-said").textContent = ordinarily(ordinary);
    this.#find("ordinary-help").textContent = calibrationHelp({ ordinary });
    this.#find("ordinary").tBodies[0].replaceChildren(...groupRows(ordinary).map((own) => {
      const line = make("tr");
      const head = make("th", "", own.name);
      head.scope = "row";
      head.append(make("small", "", own.people));
      line.append(head, make("td", "number", own.false), make("td", "number", own.anybody));
      return line;
    }));
  }

  // The parts of the report that are a sentence and a list of shares each.
  #sections() {
    const { sessions, people, sounds, sounds_refused } = this.#report;
    const show = (part, lead, rows, after = "") => {
      this.#find(`${part}-part`).hidden = !rows.length;
      this.#find(`${part}-lead`).textContent = lead;
      this.#find(part).replaceChildren(...rows.map(share));
      this.#find(`${part}-after`).textContent = after;
    };
    show("sessions", sessions ? strings.model.sessions(count(sessions.corpora), count(sessions.clips)) : "", sessions ? sessionRows(sessions) : []);
    show("people", strings.model.people_lead, people ? peopleRows(people) : [], people ? inequality(people) : "");
    const { lead, rows } = soundRows(sounds ?? []);
    show("sounds", lead, rows, sounds_refused === null ? "" : strings.model.sounds(percent(sounds_refused)));
  }

  #disturbed() {
    const { disturbances } = this.#report;
    this.#find("disturbed").replaceChildren(...disturbances.map(({ name, unchanged }) => share([percent(unchanged), strings.model.disturbances[name] ?? name])));
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

function share([figure, text]) {
  const item = make("li");
  item.append(make("strong", "", figure), " ", make("span", "", text));
  return item;
}

const language = (name) => strings.model.languages[name] ?? name;

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
