import assert from "node:assert/strict";
import { test } from "node:test";

import { initial, next } from "../../static/js/link.js";

const given = { type: "given", url: "https://voice.example/watch/t" };
const run = (...events) => events.reduce((link, event) => next(link, typeof event === "string" ? { type: event } : event), initial);

test("a link is asked for, given, watched and ended", () => {
  const on = run("ask", given, { type: "watchers", count: 3 });
  assert.deepEqual([on.name, on.url, on.watchers], ["on", given.url, 3]);
  assert.deepEqual(next(on, { type: "stop" }), initial);
});

test("a link dies with its connection, says so, and can be made anew", () => {
  const ended = run("ask", given, "lost");
  assert.deepEqual([ended.name, ended.url, ended.watchers], ["ended", "", 0]);
  assert.equal(next(ended, { type: "ask" }).name, "asking");
});

test("who stops before the link is there gets none", () => assert.equal(run("ask", "stop", given).name, "off"));

test("a refusal is said and can be tried again", () => {
  assert.equal(run("ask", "refused").name, "failed");
  assert.equal(run("ask", "lost").name, "failed");
  assert.equal(run("ask", "refused", "ask").name, "asking");
});

test("what comes too late changes nothing", () => {
  for (const late of [given, { type: "watchers", count: 1 }, { type: "refused" }, { type: "lost" }, { type: "?" }]) {
    assert.equal(next(initial, late), initial);
  }
});
