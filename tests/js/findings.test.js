import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import {
  calibrationHelp, expectation, failures, groupRows, inequality, learnt, ordinarily, peopleRows, sessionRows, soundRows,
} from "../../static/js/findings.js";
import { shares, telling } from "../../static/js/confusion.js";

const figures = (corpus, uar) => ({ corpus, uar });
const report = (fresh = 0.36) => ({
  corpora: [
    { corpus: "one", name: "The first", heard: true, clips: 100, speakers: 4, hours: 0.5 },
    { corpus: "two", name: "The second", heard: true, clips: 50, speakers: 2, hours: 0.25 },
    { corpus: "three", name: "The third", heard: false, clips: 999, speakers: 99, hours: 9 },
  ],
  splits: {
    speakers: { uar: 0.54, corpora: [figures("one", 0.7), figures("three", 0.38)] },
    corpora: { uar: fresh, corpora: [figures("one", 0.5), figures("two", 0.22)] },
  },
  disturbances: [{ name: "a small room", unchanged: 0.77 }, { name: "telephone band", unchanged: 0.67 }],
  aims: { count: 19, reached: 9 },
});

test("the failures are told with the report's own figures: the worst corpora and the worst line", () => {
  const told = failures(report()).join("\n");
  for (const said of ["36\u00a0% of the clips right, instead of 54\u00a0%", "The third, 38\u00a0%", "The second, 22\u00a0%", "a telephone line) gets another answer in 33\u00a0%", "19 aims in its report it reaches 9"]) {
    assert.ok(told.includes(said), said);
  }
});

test("that it is mostly wrong is said only while it is", () => {
  const mostly = /wrong more often than right/;
  assert.match(failures(report(0.36)).join(), mostly);
  assert.doesNotMatch(failures(report(0.6)).join(), mostly);
});

test("a report without disturbances says nothing of them", () => {
  assert.doesNotMatch(failures({ ...report(), disturbances: [] }).join(), /disturbance/);
});

const alarms = { people: 30, false: 0.08, neutral: 0.7, anybody_first_10_s: 0.25, changes_a_minute: 3.46 };
const ordinary = {
  ...alarms,
  acted_neutral: 0.12,
  groups: [
    { by: "kind", name: "read", ...alarms }, { by: "kind", name: "read, child", ...alarms, false: 0.31 },
    { by: "sex", name: "F", ...alarms, false: 0.11 }, { by: "sex", name: "M", ...alarms, false: 0.05 },
    { by: "kind", name: "sung", ...alarms },
  ],
  calibration: { people: 28, before_false: 0.09, after_false: 0.04, before_neutral: 0.71, after_neutral: 0.83 },
};
const sessions = { clips: 3600, corpora: 9, nothing: 0.47, neutral: 0.52, same: 0.45, mixed: 0.53, all: null };
const people = { women: 0.62, men: 0.58, largest_gap: 0.2, speakers: 130, worst: 0.19, median: 0.59, gini: 0.154 };
const sounds = [{ name: "rain", refused: 1, false: 0 }, { name: "cough", refused: 0.7, false: 0.23 }, { name: "gong", refused: 0.9, false: 0.1 }];

test("the first three weak points are those of a visitor who simply talks, and of recordings of a new kind", () => {
  const told = failures({ ...report(), ordinary, sessions, people, sounds });
  assert.match(told[0], /25\u00a0% are shown a false emotion within their first ten seconds/);
  assert.match(told[1], /8\u00a0% of the time: for women 11\u00a0%, for men 5\u00a0%/);
  assert.match(told[2], /36\u00a0% of the clips right, instead of 54\u00a0%/);
});

test("every section that the report has adds its weak point, and a section that it lacks adds none", () => {
  const all = failures({ ...report(), ordinary, sessions, people, sounds });
  const said = all.join("\n");
  for (const text of ["Children who read in a second language, 31\u00a0%", "in 45\u00a0% of the clips; before any speech, in 47", "coughing, 23\u00a0%", "19\u00a0% of the clips of the worst one"]) {
    assert.ok(said.includes(text), text);
  }
  assert.equal(failures(report()).length, all.length - 6);
  assert.equal(failures({ ...report(), ordinary: null, sessions: null, people: null, sounds: null }).length, all.length - 6);
});

test("a weak point is named only where it is one", () => {
  const said = failures({ ...report(), sessions: { ...sessions, same: 0.5 }, sounds: sounds.slice(0, 1), people: { ...people, worst: null } }).join("\n");
  assert.doesNotMatch(said, /one emotion alone|Sounds that are no voice|Speakers differ/);
});

test("how much a calibration helps is told from the report, and nothing without it", () => {
  const said = calibrationHelp({ ordinary, sessions });
  for (const text of ["28 people", "from 71\u00a0% to 83\u00a0%", "for 4\u00a0% of the time instead of 9\u00a0%", "52\u00a0% are judged right instead of 47\u00a0%"]) {
    assert.ok(said.includes(text), text);
  }
  assert.match(calibrationHelp({ ordinary: { ...ordinary, calibration: null }, sessions }), /^Of acted clips/);
  for (const none of [null, {}, { ordinary: null, sessions: null }, { sessions: { ...sessions, neutral: null } }]) assert.equal(calibrationHelp(none), "");
});

test("ordinary speech is told as a whole and by group, and an unknown group by its own name", () => {
  assert.match(ordinarily(ordinary), /^30 people .*70\u00a0% of the time.* 3\.5 times a minute\. .*12\u00a0%/);
  assert.doesNotMatch(ordinarily({ ...ordinary, acted_neutral: null }), /actors/);
  const rows = groupRows(ordinary);
  assert.deepEqual(rows[1], { name: "Children who read in a second language", people: "30 people", false: "31\u00a0%", anybody: "25\u00a0%" });
  assert.deepEqual(rows.map(({ name }) => name).slice(2), ["Women", "Men", "sung"]);
});

test("sessions and speakers are rows, and what was not measured is none", () => {
  assert.deepEqual(sessionRows(sessions).map(([share]) => share), ["47\u00a0%", "52\u00a0%", "45\u00a0%", "53\u00a0%"]);
  assert.deepEqual(peopleRows(people).map(([share]) => share), ["62\u00a0%", "58\u00a0%", "20\u00a0%", "19\u00a0%", "59\u00a0%"]);
  assert.match(inequality(people), /130 speakers: 0\.15\./);
  assert.equal(inequality({ ...people, gini: null }), "");
});

test("sounds are told worst first: by their false emotions, or by what is refused", () => {
  assert.deepEqual(soundRows(sounds).rows, [["23\u00a0%", "coughing"], ["10\u00a0%", "gong"], ["0\u00a0%", "rain"]]);
  const refused = soundRows(sounds.map((own) => ({ ...own, false: null })));
  assert.deepEqual(refused.rows.map(([share]) => share), ["70\u00a0%", "90\u00a0%", "100\u00a0%"]);
  assert.notEqual(refused.lead, soundRows(sounds).lead);
});

test("the prior is told as a logit and as the odds that it multiplies, and a decision without one says nothing", () => {
  assert.match(expectation({ neutral: 0.5, happy: 0, sad: 0 }), /adds 0\.50 .* 1\.6 times/);
  assert.match(expectation({ neutral: 0.75, happy: 0.25, sad: 0.25 }), /adds 0\.50 /);
  assert.match(expectation({ neutral: -0.4, happy: 0, sad: 0 }), /much neutral speech.* adds -0\.40 .* 0\.7 times.* threshold/);
  for (const none of [null, undefined, {}, { happy: 1 }, { neutral: 0, happy: 0 }]) assert.equal(expectation(none), "");
});

test("what is only judged does not count as learnt from", () => {
  assert.deepEqual(learnt(report().corpora), { corpora: 2, clips: 150, speakers: 6, hours: 0.75 });
});

test("a row of the matrix adds up to one, and a row without clips is none", () => {
  assert.deepEqual(shares([[3, 1], [0, 0]]), [[0.75, 0.25], null]);
});

test("the matrix tells what is heard best, worst, and most often taken for something else", () => {
  const told = telling([[8, 2, 0], [5, 4, 1], [0, 0, 0]]);
  assert.deepEqual(told.best, [0, 0.8]);
  assert.deepEqual(told.worst, [1, 0.4]);
  assert.deepEqual(told.mistake, [1, 0, 0.5]);
  assert.equal(telling([[0, 0], [0, 0]]), null);
});

test("no figure of the model stands in the page's code or catalogues", async () => {
  const catalogues = ["en", "de", "es"].map((language) => `catalogue/${language}.js`);
  for (const file of ["about.js", "findings.js", "reading.js", "takes.js", "takecards.js", "voicepanel.js", "confusion.js", ...catalogues]) {
    const text = await readFile(new URL(`../../static/js/${file}`, import.meta.url), "utf8");
    assert.doesNotMatch(text, /\b\d{2} ?%|\b0\.(66|60|54|36|41)\b|\b(863|3812|2465|9457|9510)\b/, file);
  }
});
