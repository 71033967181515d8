import assert from "node:assert/strict";
import { test } from "node:test";

import { Memory } from "../../static/js/memory.js";

function storage(kept = {}) {
  return {
    kept,
    getItem: (name) => kept[name] ?? null,
    setItem: (name, value) => void (kept[name] = value),
    removeItem: (name) => void delete kept[name],
  };
}

test("what was put is there again, and forgotten when asked to", () => {
  const place = storage();
  new Memory(() => place).put("voice", { on: true });
  assert.deepEqual(new Memory(() => place).get("voice"), { on: true });
  new Memory(() => place).put("voice", null);
  assert.deepEqual(place.kept, {});
  assert.equal(new Memory(() => place).get("voice", "none"), "none");
});

test("false is kept as such", () => {
  const memory = new Memory(() => storage({ shortcuts: "false" }));
  assert.equal(memory.get("shortcuts", true), false);
});

test("a browser that keeps nothing, or forbids it, breaks nothing", () => {
  const refuse = () => {
    throw new Error("SecurityError");
  };
  for (const memory of [new Memory(refuse), new Memory(() => null), new Memory(() => ({ getItem: refuse, setItem: refuse }))]) {
    memory.put("a", 1);
    assert.equal(memory.get("a", 7), 7);
  }
});

test("what is no JSON is as if nothing were there", () => {
  assert.equal(new Memory(() => storage({ voice: "{half" })).get("voice"), null);
});
