import assert from "node:assert/strict";
import { test } from "node:test";

import { LiveError } from "../../static/js/error.js";
import { Queue, delay, waits } from "../../static/js/queue.js";

test("a refusal that time heals is waited for, any other is not", () => {
  assert.deepEqual(["busy", "rate_limited", "draining"].map(waits), [true, true, true]);
  assert.deepEqual(["unsupported_media", "internal", "server_gone", undefined].map(waits), [false, false, false, false]);
});

test("the server's wish is followed, a fifth sooner or later", () => {
  const after = (random) => Number(delay({ tries: 1, retry_after_s: 15, random }).toFixed(6));
  assert.deepEqual([after(0), after(0.5), after(1)], [12, 15, 18]);
});

test("each try waits a little longer than the one before, within bounds", () => {
  let before = 0;
  for (let tries = 1; tries <= 30; tries += 1) {
    const wait = delay({ tries, retry_after_s: 15, random: 0.5 });
    assert.ok(wait >= before && wait <= 60, `${tries}: ${wait}`);
    before = wait;
  }
  assert.equal(before, 60);
});

test("a server that asks for more than the bound gets it", () => {
  assert.equal(delay({ tries: 9, retry_after_s: 120, random: 0.5 }), 120);
});

test("a wish that is none has a default, and nobody hammers", () => {
  for (const retry_after_s of [undefined, null, 0, -3, NaN, "soon"]) assert.equal(delay({ tries: 1, retry_after_s, random: 0.5 }), 10);
  assert.equal(delay({ tries: 1, retry_after_s: 0.01, random: 0 }), 1);
});

test("the wait counts down and is due once", () => {
  let now = 5000;
  const queue = new Queue({ now: () => now, random: () => 0.5 });
  queue.refused({ code: "busy", retry_after_s: 10 });
  assert.deepEqual([queue.left_s, queue.share, queue.due, queue.code], [10, 0, false, "busy"]);
  now += 7500;
  assert.deepEqual([queue.left_s, queue.share, queue.due], [2.5, 0.75, false]);
  now += 60000;
  assert.deepEqual([queue.left_s, queue.share, queue.due], [0, 1, true]);
  queue.refused({ code: "rate_limited", retry_after_s: 10 });
  assert.deepEqual([queue.tries, queue.left_s, queue.code], [2, 12, "rate_limited"]);
});

test("who is one too many of an address is told so, though the code is the same", () => {
  const queue = new Queue({ random: () => 0.5 });
  queue.refused(LiveError.from({ ok: false, error: { code: "busy", message: "", cause: "address", retry_after_s: 10 } }));
  assert.equal(queue.code, "address");
  queue.refused(LiveError.from({ ok: false, error: { code: "busy", message: "" } }));
  assert.equal(queue.code, "busy");
  assert.equal(LiveError.from(null).code, "unknown");
});
