import assert from "node:assert/strict";
import { test } from "node:test";

import { Guard } from "../../static/js/guard.js";

function leaves(target) {
  const event = new Event("beforeunload", { cancelable: true });
  Object.defineProperty(event, "returnValue", { writable: true }); // as a browser's own has it
  return target.dispatchEvent(event);
}

test("nobody is asked who has nothing to lose", () => {
  const target = new EventTarget();
  const guard = new Guard(target);
  assert.equal(leaves(target), true);
  guard.hold(true);
  guard.hold(true);
  assert.equal(leaves(target), false);
  guard.hold(false);
  assert.equal(leaves(target), true);
});

test("a page that was left in spite of it asks no more", () => {
  const target = new EventTarget();
  const guard = new Guard(target);
  guard.hold(true);
  target.dispatchEvent(new Event("pagehide"));
  assert.equal(leaves(target), true);
});
