import assert from "node:assert/strict";
import { test } from "node:test";

import { Eta, pace, roughly } from "../../static/js/eta.js";

function begun() {
  const clock = { now: 1000 };
  return { clock, eta: new Eta(() => clock.now) };
}

test("nobody can tell before a second has passed, nor while nothing has been done", () => {
  const { clock, eta } = begun();
  eta.put(0.1);
  assert.equal(eta.left_s, null);
  const other = begun();
  other.clock.now += 5000;
  assert.equal(other.eta.left_s, null);
  clock.now += 2000;
  eta.put(0.2);
  assert.ok(eta.left_s > 0);
});

test("at a steady pace the time left is what remains", () => {
  const { clock, eta } = begun();
  for (let i = 1; i <= 20; i += 1) {
    clock.now += 500;
    eta.put(i / 40);
  }
  assert.ok(Math.abs(eta.left_s - 10) < 0.01, String(eta.left_s));
  eta.put(1);
  assert.equal(eta.left_s, 0);
});

test("a new pace counts after some seconds", () => {
  const { clock, eta } = begun();
  for (let i = 1; i <= 20; i += 1) {
    clock.now += 1000;
    eta.put(i <= 10 ? i * 0.01 : 0.1 + (i - 10) * 0.05);
  }
  assert.ok(Math.abs(eta.left_s - 0.4 / 0.05) < 0.5, String(eta.left_s));
});

test("a transfer that stands still has ever more time left", () => {
  const { clock, eta } = begun();
  clock.now += 2000;
  eta.put(0.5);
  const before = eta.left_s;
  clock.now += 8000;
  assert.ok(eta.left_s > before * 2);
});

test("seconds are said as one would say them, and never too few", () => {
  assert.deepEqual([0.2, 3.2, 10, 23, 60, 71, 600].map(roughly), [1, 4, 10, 25, 60, 75, 600]);
});

test("a longer recording takes longer to judge", () => assert.ok(pace(600) > pace(60) && pace(0) > 0));
