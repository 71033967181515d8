import assert from "node:assert/strict";
import { test } from "node:test";

import { keeping } from "../../static/js/foot.js";

test("a link of this site keeps the language of the address", () => {
  assert.equal(keeping("/#about", "de"), "/?lang=de#about");
  assert.equal(keeping("/", "es"), "/?lang=es");
  assert.equal(keeping("/a?b=c", "es"), "/a?b=c&lang=es");
  assert.equal(keeping("../#about", "de"), "../?lang=de#about");
});

test("without one, with nonsense, and within the page it stays as it is", () => {
  assert.equal(keeping("/#about", null), "/#about");
  assert.equal(keeping("/", "../evil"), "/");
  assert.equal(keeping("#about", "de"), "#about");
});
