import assert from "node:assert/strict";
import { test } from "node:test";

import { choose } from "../../static/js/language.js";

test("the page speaks the first language of the visitor's that it knows", () => {
  assert.equal(choose(["de-AT", "en"]), "de");
  assert.equal(choose(["fr-FR", "es", "de"]), "es");
});

test("a language in the address comes before the browser's", () => assert.equal(choose(["de"], "es"), "es"));

test("without any that it knows, or with nonsense in the address, it goes by the rest, and else speaks English", () => {
  assert.equal(choose(["fr", "ja"]), "en");
  assert.equal(choose([]), "en");
  assert.equal(choose(["de"], "../../etc"), "de");
});
