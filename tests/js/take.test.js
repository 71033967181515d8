import assert from "node:assert/strict";
import { test } from "node:test";

import { Ending } from "../../static/js/take.js";

const EACH_S = 0.05;

// The second at which a take is over, of [seconds, dBFS] one after the other; null where it is not over by then.
function over(...parts) {
  const ending = new Ending();
  let now = 0;
  for (const [seconds, db] of parts) {
    for (const end = now + seconds; now < end - 1e-9; now += EACH_S) if (ending.hear(db, now)) return { at: now, spoken: ending.spoken };
  }
  return { at: null, spoken: ending.spoken };
}

const near = (found, wanted) => assert.ok(found !== null && Math.abs(found - wanted) <= 2 * EACH_S, `${found} is not ${wanted}`);

test("a take ends soon after the sentence", () => near(over([0.5, -70], [2.5, -25], [5, -70]).at, 0.5 + 2.5 + 0.8));
test("a pause in the sentence does not end it", () => assert.equal(over([0.5, -70], [1, -25], [1.2, -70], [1, -25], [0.6, -70]).at, null));
test("a short word is waited for longer, and then it is over", () => near(over([0.5, -70], [0.6, -25], [5, -70]).at, 0.5 + 0.6 + 1.6));
test("after four seconds from the first word it is over", () => near(over([1, -70], [9, -25]).at, 5));
test("who begins to speak at once is heard", () => near(over([9, -25]).at, 4));
test("who says nothing is not kept waiting", () => {
  const found = over([9, -60]);
  near(found.at, 6);
  assert.equal(found.spoken, false);
});
test("quiet speech over a quiet room counts", () => assert.equal(over([0.5, -75], [2.5, -55], [5, -75]).spoken, true));
test("a noisy room ends a take as well", () => near(over([10, -30]).at, 4));
