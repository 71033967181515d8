import assert from "node:assert/strict";
import { test } from "node:test";

import { Entry } from "../../static/js/entry.js";
import { LiveError } from "../../static/js/error.js";
import { Queue } from "../../static/js/queue.js";

// A server that answers what it is told to, and a clock on which each wait is over at the second look.
class Server {
  calls = [];

  constructor(...answers) {
    this.answers = answers;
  }

  async open() {
    this.calls.push("open");
  }

  async start(type) {
    this.calls.push(`start ${type}`);
    const answer = this.answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  }

  close() {
    this.calls.push("close");
  }
}

function quick() {
  let now = 0;
  return () => new Queue({ now: () => (now += 600), random: () => 0.5 });
}

const busy = () => new LiveError("busy", "full", { retry_after_s: 1 });

test("who finds a place waits for nothing", async () => {
  const told = [];
  const server = new Server({ ok: true });
  assert.deepEqual(await new Entry(server, (wait) => told.push(wait)).enter("audio/webm"), { ok: true });
  assert.deepEqual([server.calls, told], [["open", "start audio/webm"], []]);
});

test("who is refused hangs up, waits, and tries by another connection until let in", async () => {
  const told = [];
  const server = new Server(busy(), new LiveError("server_gone"), { ok: true });
  await new Entry(server, (wait) => told.push(wait && wait.code), quick()).enter("t");
  assert.deepEqual(server.calls, ["open", "start t", "close", "open", "start t", "close", "open", "start t"]);
  assert.deepEqual([...new Set(told)], ["busy", null, "server_gone"]);
  assert.equal(told.at(-1), null);
});

test("a server that is not there at the first try is not waited for, nor is a refusal that time does not heal", async () => {
  for (const code of ["server_gone", "unsupported_media"]) {
    await assert.rejects(new Entry(new Server(new LiveError(code)), () => {}).enter("t"), { code });
  }
});

test("who leaves the queue is not let in later", async () => {
  const server = new Server(busy(), { ok: true });
  const entry = new Entry(server, (wait) => wait && entry.leave());
  await assert.rejects(entry.enter("t"), { code: "left" });
  assert.equal(server.answers.length, 1);
});

test("who leaves during a try does not go back to the queue", async () => {
  const server = new Server(busy(), { ok: true });
  const entry = new Entry(server, () => {});
  const entering = entry.enter("t");
  entry.leave();
  await assert.rejects(entering, { code: "left" });
  assert.deepEqual([server.calls, server.answers.length], [["open"], 2]);
});

test("a server that was there a moment ago is waited for, one that never was is not", async () => {
  const gone = () => new LiveError("server_gone");
  await assert.rejects(new Entry(new Server(gone()), () => {}, quick()).enter("t"), { code: "server_gone" });
  const told = [];
  await new Entry(new Server(gone(), { ok: true }), (wait) => told.push(wait && wait.code), quick()).enter("t", {}, { met: true });
  assert.ok(told.includes("server_gone"));
});
