import assert from "node:assert/strict";
import { test } from "node:test";

import { fileName, toCsv, toJson } from "../../static/js/exporting.js";

const judgement = {
  file: "secret/path.wav",
  duration_s: 1.5,
  emotion: "happy",
  probabilities: { neutral: 0.25, happy: 0.75 },
  timeline: [
    { start_s: 0, end_s: 0.30000000000000004, state: "silence", emotion: null, probabilities: { neutral: 0.5, happy: 0.5 } },
    { start_s: 0, end_s: 1.5, state: "speech", emotion: "happy", probabilities: { neutral: 0.123456, happy: 0.876544 } },
  ],
  model: { name: "m", version: "1" },
};

test("a table has one row a window and one column a label", () => {
  assert.equal(toCsv(judgement, ["neutral", "happy"]), [
    "start_s,end_s,state,emotion,neutral,happy,other_sound",
    "0,0.3,silence,,0.5,0.5,false",
    "0,1.5,speech,happy,0.1235,0.8765,false",
    "",
  ].join("\r\n"));
});

test("a table of nothing has its head", () => {
  assert.equal(toCsv({ ...judgement, timeline: [] }, ["neutral"]), "start_s,end_s,state,emotion,neutral,other_sound\r\n");
});

test("no cell is a formula to a spreadsheet, and no label breaks the table", () => {
  const evil = ['=HYPERLINK("http://x")', "+1+2", "@SUM(A1)", "a,b", 'say "x"', "two\nlines"];
  const [head] = toCsv({ ...judgement, timeline: [] }, evil).split("\r\n");
  assert.equal(head, 'start_s,end_s,state,emotion,"\'=HYPERLINK(""http://x"")",\'+1+2,\'@SUM(A1),"a,b","say ""x""","two\nlines",other_sound');
});

test("a share of nothing is an empty cell, and a negative number stays a number", () => {
  const odd = { ...judgement, timeline: [{ ...judgement.timeline[0], start_s: -0.5, probabilities: {} }] };
  assert.equal(toCsv(odd, ["neutral"]).split("\r\n")[1], "-0.5,0.3,silence,,,false");
});

test("another sound is silence with a mark in the table, and as it came in the data", () => {
  const dog = { ...judgement, timeline: [{ ...judgement.timeline[0], other_sound: true }] };
  assert.equal(toCsv(dog, ["neutral", "happy"]).split("\r\n")[1], "0,0.3,silence,,0.5,0.5,true");
  assert.equal(JSON.parse(toJson(dog, "dog")).timeline[0].other_sound, true);
});

test("the data is the judgement as it came, under the name that was shown", () => {
  const told = JSON.parse(toJson(judgement, "My clip"));
  assert.deepEqual(told, { ...judgement, file: "My clip" });
});

test("the data holds the server's warnings", () => {
  const warnings = [{ code: "damaged", message: "A page was left out.", at_s: 2 }];
  assert.deepEqual(JSON.parse(toJson({ ...judgement, warnings }, "a")).warnings, warnings);
});

test("a file's name tells what it is of, and any file system takes it", () => {
  assert.equal(fileName("a/My clip.flac", "csv"), "My-clip-emotions.csv");
  assert.equal(fileName("Happy, synthetic woman (letter)", "png"), "Happy-synthetic-woman-letter-emotions.png");
  assert.equal(fileName("..\\..\\con:?*", "json"), "con-emotions.json");
  assert.equal(fileName("Müllers Gespräch.mp3", "csv"), "Müllers-Gespräch-emotions.csv");
  assert.equal(fileName("???.wav", "csv"), "recording-emotions.csv");
  assert.ok(fileName("x".repeat(300), "csv").length < 80);
});
