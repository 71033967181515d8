import assert from "node:assert/strict";
import { test } from "node:test";

import { WakeLock } from "../../static/js/wakelock.js";

class Page extends EventTarget {
  visibilityState = "visible";

  async become(visibilityState) {
    this.visibilityState = visibilityState;
    this.dispatchEvent(new Event("visibilitychange"));
    await settled();
  }
}

class Screen {
  held = new Set();
  asked = 0;
  refuses = false;

  async request(type) {
    assert.equal(type, "screen");
    this.asked += 1;
    if (this.refuses) throw new DOMException("low battery", "NotAllowedError");
    const lock = new EventTarget();
    this.held.add(lock);
    lock.release = async () => {
      this.held.delete(lock);
      lock.dispatchEvent(new Event("release"));
    };
    return lock;
  }
}

const settled = () => new Promise((resolve) => {
  setTimeout(resolve);
});

test("the screen stays awake as long as that is wanted, by one lock", async () => {
  const [screen, page] = [new Screen(), new Page()];
  const lock = new WakeLock({ api: screen, document: page });
  await Promise.all([lock.hold(true), lock.hold(true)]);
  await lock.hold(true);
  assert.deepEqual([screen.asked, screen.held.size, lock.held], [1, 1, true]);
  await lock.hold(false);
  assert.deepEqual([screen.held.size, lock.held], [0, false]);
});

test("a lock that the browser took with the page's visibility is asked for again", async () => {
  const [screen, page] = [new Screen(), new Page()];
  const lock = new WakeLock({ api: screen, document: page });
  await lock.hold(true);
  for (const held of screen.held) await held.release(); // what a browser does when the page is hidden
  await page.become("hidden");
  assert.equal(lock.held, false);
  await page.become("visible");
  assert.deepEqual([screen.held.size, lock.held], [1, true]);
});

test("a page that records nothing asks for nothing", async () => {
  const [screen, page] = [new Screen(), new Page()];
  const lock = new WakeLock({ api: screen, document: page });
  await page.become("hidden");
  await page.become("visible");
  await lock.hold(false);
  assert.equal(screen.asked, 0);
});

test("a lock that comes after it was wanted is given back", async () => {
  const [screen, page] = [new Screen(), new Page()];
  const lock = new WakeLock({ api: screen, document: page });
  const asking = lock.hold(true);
  await lock.hold(false);
  await asking;
  await settled();
  assert.deepEqual([screen.held.size, lock.held], [0, false]);
});

test("a refusal, or a browser without it, is no error", async () => {
  const screen = new Screen();
  screen.refuses = true;
  for (const api of [screen, undefined]) {
    const lock = new WakeLock({ api: api ?? null, document: new Page() });
    await lock.hold(true);
    assert.equal(lock.held, false);
  }
});
