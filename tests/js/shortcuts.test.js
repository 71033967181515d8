import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, meant } from "../../static/js/shortcuts.js";

const free = { on: true, modal: false };
const body = { closest: () => null };
const press = (key, more = {}) => ({ key, target: body, ...more });

test("R, P, S and the question mark stand for the recorder's buttons, in either case", () => {
  assert.deepEqual(meant(press("r"), free), ["record"]);
  assert.deepEqual(meant(press("R"), free), ["record"]);
  assert.deepEqual(meant(press("p"), free), ["pause", "resume"]);
  assert.deepEqual(meant(press("s"), free), ["stop"]);
  assert.deepEqual(meant(press("?"), free), ["help-open"]);
});

test("other keys stand for nothing", () => {
  for (const key of ["a", "Enter", " ", "Escape", "Process", undefined, "constructor"]) assert.deepEqual(meant(press(key), free), []);
});

test("the browser's own shortcuts are left to it", () => {
  for (const name of ["ctrlKey", "metaKey", "altKey"]) {
    for (const key of Object.keys(KEYS)) assert.deepEqual(meant(press(key, { [name]: true }), free), []);
  }
});

test("who types, holds a key down or composes a letter presses no button", () => {
  const field = { closest: (selector) => (selector.includes("textarea") ? field : null) };
  assert.deepEqual(meant(press("r", { target: field }), free), []);
  for (const name of ["repeat", "isComposing", "defaultPrevented"]) assert.deepEqual(meant(press("r", { [name]: true }), free), []);
});

test("switched off, or while a dialog is open, no single key does anything", () => {
  for (const key of Object.keys(KEYS)) {
    assert.deepEqual(meant(press(key), { ...free, on: false }), []);
    assert.deepEqual(meant(press(key), { ...free, modal: true }), []);
  }
});
