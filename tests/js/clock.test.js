import assert from "node:assert/strict";
import { test } from "node:test";

import { Clock } from "../../static/js/clock.js";

const at = { now: 0 };
const fresh = () => {
  at.now = 5000;
  return new Clock(() => at.now);
};

test("a clock that never started stands at zero", () => {
  const clock = fresh();
  at.now += 1000;
  assert.equal(clock.seconds, 0);
});

test("a pause stops the clock and a resume goes on from there", () => {
  const clock = fresh();
  clock.start();
  at.now += 1500;
  clock.pause();
  at.now += 60000;
  assert.equal(clock.seconds, 1.5);
  clock.start();
  at.now += 500;
  assert.equal(clock.seconds, 2);
  assert.equal(clock.running, true);
});

test("starting twice and pausing twice count nothing twice", () => {
  const clock = fresh();
  clock.start();
  at.now += 1000;
  clock.start();
  at.now += 1000;
  clock.pause();
  clock.pause();
  assert.equal(clock.seconds, 2);
});

test("a clock that is started late counts what it has missed, once", () => {
  const clock = fresh();
  clock.start(120);
  clock.start(120);
  at.now += 1000;
  assert.equal(clock.seconds, 1.12);
});

test("a reset forgets everything", () => {
  const clock = fresh();
  clock.start();
  at.now += 1000;
  clock.reset();
  assert.deepEqual([clock.seconds, clock.running], [0, false]);
});
