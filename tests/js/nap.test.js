import assert from "node:assert/strict";
import { test } from "node:test";

import { Nap } from "../../static/js/nap.js";

function clock() {
  let now = 1e6;
  return { now: () => now, pass: (ms) => { now += ms; } };
}

test("a page that ticks has not slept", () => {
  const { now, pass } = clock();
  const nap = new Nap(1000, now);
  for (let i = 0; i < 100; i += 1) {
    pass(1000 + (i % 7) * 150); // timers are never punctual
    nap.tick();
  }
  assert.equal(nap.take(), 0);
});

test("ticks that stay away are sleep, told once", () => {
  const { now, pass } = clock();
  const nap = new Nap(1000, now);
  pass(13000);
  nap.tick();
  pass(1000);
  assert.equal(nap.take(), 12);
  assert.equal(nap.take(), 0);
});

test("who asks before the first tick after the sleep is told as well", () => {
  const { now, pass } = clock();
  const nap = new Nap(1000, now);
  pass(6000);
  assert.equal(nap.take(), 5);
});

test("a sleep of long ago explains nothing any more", () => {
  const { now, pass } = clock();
  const nap = new Nap(1000, now);
  pass(60000);
  for (let i = 0; i < 20; i += 1) {
    nap.tick();
    pass(1000);
  }
  assert.equal(nap.take(), 0);
});
