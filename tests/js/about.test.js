import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { failures, learnt } from "../../static/js/about.js";
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
  for (const said of ["36\u00a0% instead of 54\u00a0%", "The third, 38\u00a0%", "The second, 22\u00a0%", "a telephone line) gets another answer in 33\u00a0%", "19 aims in its report it reaches 9"]) {
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
  for (const file of ["about.js", "confusion.js", ...catalogues]) {
    const text = await readFile(new URL(`../../static/js/${file}`, import.meta.url), "utf8");
    assert.doesNotMatch(text, /\b\d{2} ?%|\b0\.(66|60|54|36|41)\b|\b(863|3812|2465|9457|9510)\b/, file);
  }
});
