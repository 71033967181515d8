// What the model's report says of it, as sentences and rows: pure. Every figure is an argument; none stands in this code.

import { count, hundredth, percent, tenth } from "./format.js";
import { strings } from "./strings.js";

const worst = (list, key) => list.reduce((low, next) => (next[key] < low[key] ? next : low), list[0]);

/**
 * The sentences that say where the model fails, the weakest point for an ordinary visitor first. Sections that the report lacks
 * give no sentence.
 */
export function failures({ ordinary, sessions, people, sounds, splits, disturbances, aims, corpora }) {
  const words = strings.model;
  const name = (figures) => corpora.find((own) => own.corpus === figures.corpus)?.name ?? figures.corpus;
  const hardest = worst(splits.speakers.corpora, "uar");
  const strangest = worst(splits.corpora.corpora, "uar");
  const line = worst(disturbances, "unchanged");
  return [
    ...(ordinary ? [words.fails_ordinary(percent(ordinary.anybody_first_10_s)), falseAlarms(ordinary)] : []),
    words.fails_new(percent(splits.speakers.uar), percent(splits.corpora.uar)),
    ...(splits.corpora.uar < 0.5 ? [words.fails_mostly] : []),
    ...worstGroup(ordinary),
    ...(sessions && known(sessions, "same") && sessions.same < sessions.nothing
      ? [words.fails_same(percent(sessions.same), percent(sessions.nothing))] : []),
    ...worstSound(sounds),
    ...(people && known(people, "worst") ? [words.fails_speaker(percent(people.worst), percent(people.median))] : []),
    words.fails_corpus(name(hardest), percent(hardest.uar), name(strangest), percent(strangest.uar)),
    ...(line ? [words.fails_line(words.disturbances[line.name] ?? line.name, percent(1 - line.unchanged))] : []),
    words.fails_acted,
    words.fails_people,
    words.fails_sure,
    words.fails_aims(aims.reached, aims.count),
  ];
}

/** What the model learnt from, added up. Corpora that are only judged do not count. */
export function learnt(corpora) {
  const heard = corpora.filter((own) => own.heard);
  const sum = (key) => heard.reduce((all, own) => all + own[key], 0);
  return { corpora: heard.length, clips: sum("clips"), speakers: sum("speakers"), hours: sum("hours") };
}

/** Say in a sentence how the prior shifts neutral; empty without a prior. @param {?Object<string, number>} prior logits by label */
export function expectation(prior) {
  if (!prior || !Object.hasOwn(prior, "neutral")) return "";
  const others = Object.entries(prior).filter(([label]) => label !== "neutral").map(([, logit]) => logit);
  const logit = prior.neutral - others.reduce((sum, one) => sum + one, 0) / others.length;
  if (logit === 0) return "";
  return logit > 0
    ? strings.model.prior(hundredth(logit), tenth(Math.exp(logit)))
    : strings.model.priorLess(hundredth(logit), tenth(Math.exp(logit)));
}

const TAKES = 3; // of each emotion: as many as a visitor may have patience for

/**
 * How much a neutral calibration and taught takes help, in sentences; empty where the report does not say.
 * @param {?{ordinary: ?object, sessions: ?object, teaching: ?object}} report
 */
export function calibrationHelp(report) {
  const { ordinary = null, sessions = null, teaching = null } = report ?? {};
  const words = strings.model;
  const said = [];
  if (ordinary?.calibration) {
    const { people, before_neutral, after_neutral, before_false, after_false } = ordinary.calibration;
    said.push(words.calibrated(count(people), percent(before_neutral), percent(after_neutral)));
    said.push(words.calibrated_false(percent(before_false), percent(after_false)));
  }
  if (sessions && known(sessions, "neutral")) said.push(words.calibrated_acted(percent(sessions.nothing), percent(sessions.neutral)));
  const lesson = teaching?.lessons.find(({ clips }) => clips === TAKES);
  if (lesson) said.push(words.taught(count(TAKES), percent(lesson.known), percent(lesson.taught)));
  return said.join(" ");
}

/** The sentences about ordinary speech as a whole. */
export function ordinarily({ people, neutral, changes_a_minute, acted_neutral }) {
  const said = [strings.model.ordinary(count(people), percent(neutral), tenth(changes_a_minute))];
  if (acted_neutral !== null) said.push(strings.model.acted(percent(acted_neutral)));
  return said.join(" ");
}

/** The rows of the table on ordinary speech. @returns {{name: string, people: string, false: string, anybody: string}[]} */
export function groupRows({ groups }) {
  return groups.map((own) => ({
    name: groupName(own), people: strings.model.people(count(own.people)), false: percent(own.false), anybody: percent(own.anybody_first_10_s),
  }));
}

/** What a session knows of a voice, and the share of clips that is then judged right. @returns {[string, string][]} */
export function sessionRows(sessions) {
  return Object.entries(strings.model.session)
    .filter(([session]) => known(sessions, session))
    .map(([session, text]) => [percent(sessions[session]), text]);
}

/** How well women, men and single speakers are judged. @returns {[string, string][]} */
export function peopleRows(people) {
  return Object.entries(strings.model.judged)
    .filter(([key]) => known(people, key))
    .map(([key, text]) => [percent(people[key]), text]);
}

/** The Gini coefficient in a sentence; empty where the report lacks it. */
export function inequality(people) {
  return known(people, "gini") ? strings.model.gini(count(people.speakers), hundredth(people.gini)) : "";
}

/**
 * Sounds without a voice, the worst first: the share of recordings that are given an emotion or, where the report lacks it, of
 * windows that are refused.
 * @returns {{lead: string, rows: [string, string][]}}
 */
export function soundRows(sounds) {
  const { sounds_false, sounds_refused, sound_kinds } = strings.model;
  const heard = sounds.filter((own) => known(own, "false"));
  const name = (own) => sound_kinds[own.name] ?? own.name;
  return heard.length
    ? { lead: sounds_false, rows: [...heard].sort((a, b) => b.false - a.false).map((own) => [percent(own.false), name(own)]) }
    : { lead: sounds_refused, rows: [...sounds].sort((a, b) => a.refused - b.refused).map((own) => [percent(own.refused), name(own)]) };
}

function falseAlarms(ordinary) {
  const sex = (name) => ordinary.groups.find((own) => own.by === "sex" && own.name === name);
  const [women, men] = ["F", "M"].map(sex);
  const { fails_sexes, fails_alarms } = strings.model;
  return women && men ? fails_sexes(percent(ordinary.false), percent(women.false), percent(men.false)) : fails_alarms(percent(ordinary.false));
}

function worstGroup(ordinary) {
  const groups = ordinary?.groups.filter((own) => own.by !== "sex") ?? [];
  if (groups.length < 2) return [];
  const most = groups.reduce((high, next) => (next.false > high.false ? next : high));
  return [strings.model.fails_group(groupName(most), percent(most.false))];
}

function worstSound(sounds) {
  const heard = (sounds ?? []).filter((own) => own.false > 0);
  if (!heard.length) return [];
  const most = heard.reduce((high, next) => (next.false > high.false ? next : high));
  return [strings.model.fails_sound(strings.model.sound_kinds[most.name] ?? most.name, percent(most.false))];
}

function groupName({ by, name }) {
  return strings.model.groups[by]?.[name] ?? name;
}

function known(section, key) {
  return section[key] !== null && section[key] !== undefined;
}
