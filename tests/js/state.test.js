import assert from "node:assert/strict";
import { test } from "node:test";

import { STATES, allowed, initial, isLive, isShareable, next } from "../../static/js/state.js";

const run = (...events) => events.reduce((state, event) => next(state, typeof event === "string" ? { type: event } : event), initial);
const name = (...events) => run(...events).name;

test("a recording goes from idle to its result", () => {
  const steps = ["record", "granted", "started", "pause", "resume", "stop", "summary"];
  const seen = steps.map((_, index) => name(...steps.slice(0, index + 1)));
  assert.deepEqual(seen, ["asking", "connecting", "recording", "paused", "recording", "stopping", "result"]);
});

test("a lost connection is named, and a new start brings the recording back", () => {
  assert.equal(name("record", "granted", "started", "lost"), "reconnecting");
  assert.equal(name("record", "granted", "started", "lost", "lost"), "reconnecting");
  assert.equal(name("record", "granted", "started", "lost", "started"), "recording");
});

test("a connection lost while paused leaves the pause alone and is renewed on resume", () => {
  const paused = run("record", "granted", "started", "pause", "lost");
  assert.deepEqual([paused.name, paused.linked], ["paused", false]);
  assert.equal(next(paused, { type: "resume" }).name, "reconnecting");
  assert.equal(name("record", "granted", "started", "pause", "resume"), "recording");
});

test("a recording can be stopped while the connection is lost", () => {
  assert.equal(name("record", "granted", "started", "lost", "stop"), "stopping");
});

test("whoever finds no place waits, and is let in or leaves", () => {
  const queued = run("record", "granted", "wait");
  assert.equal(queued.name, "queued");
  assert.equal(next(queued, { type: "wait" }), queued);
  assert.equal(next(queued, { type: "lost" }), queued);
  assert.equal(next(queued, { type: "started" }).name, "recording");
  assert.equal(next(queued, { type: "cancel" }).name, "idle");
});

test("a recording that finds no place after a loss keeps what it has: it can be stopped, not cancelled", () => {
  const lost = run("record", "granted", "started", "lost", "wait");
  assert.equal(lost.name, "reconnecting");
  assert.deepEqual([allowed(lost).stop, allowed(lost).cancel], [true, false]);
});

test("who is long without a server may try at once, wait on or stop", () => {
  const stranded = run("record", "granted", "started", "lost", "stranded");
  assert.equal(stranded.name, "stranded");
  assert.equal(next(stranded, { type: "lost" }), stranded);
  assert.equal(next(stranded, { type: "again" }).name, "reconnecting");
  assert.equal(next(stranded, { type: "wait" }).name, "reconnecting"); // a server, but no place
  assert.equal(next(stranded, { type: "started" }).name, "recording");
  assert.equal(next(stranded, { type: "stop" }).name, "stopping");
  assert.equal(name("record", "granted", "wait", "stranded"), "queued");
});

test("anything can fail at any time, and the error is kept", () => {
  for (const before of [[], ["record"], ["record", "granted"], ["record", "granted", "started"], ["judge"], ["judge", "answered"], ["failed"]]) {
    const state = run(...before, { type: "failed", error: { code: "refused" } });
    assert.deepEqual([state.name, state.error.code], ["error", "refused"]);
  }
});

test("nothing can be judged or recorded while something else is going on", () => {
  for (const before of [["record"], ["record", "granted"], ["record", "granted", "started"], ["judge"]]) {
    const state = run(...before);
    assert.equal(next(state, { type: "judge" }), state);
    assert.equal(next(state, { type: "record" }), state);
  }
});

test("events that come too late change nothing", () => {
  for (const late of ["granted", "started", "pause", "resume", "lost", "stop", "summary", "answered", "cancel"]) {
    assert.equal(next(initial, { type: late }), initial);
  }
  assert.equal(next(initial, { type: "no such event" }), initial);
});

test("what may be pressed is exactly what the machine would obey", () => {
  const reached = new Map([["idle", initial]]);
  const types = ["record", "granted", "wait", "started", "pause", "resume", "lost", "stranded", "again", "stop", "summary", "judge", "answered", "cancel", "failed", "discard"];
  for (let round = 0; round < 8; round += 1) {
    for (const state of [...reached.values()]) {
      for (const type of types) {
        const after = next(state, { type });
        if (!reached.has(after.name)) reached.set(after.name, after);
      }
    }
  }
  assert.deepEqual(new Set(reached.keys()), new Set(STATES));
  for (const state of reached.values()) {
    const may = allowed(state);
    for (const type of ["record", "pause", "resume", "again", "stop", "cancel", "judge"]) {
      assert.equal(may[type], next(state, { type }) !== state, `${type} in ${state.name}`);
    }
  }
});

test("only what is being recorded can be shared", () => {
  assert.equal(isShareable(run("record", "granted", "wait")), false);
  assert.equal(isShareable(run("record", "granted", "started", "pause")), true);
  assert.equal(isShareable(run("record", "granted", "started", "stop")), false);
});

test("the microphone is in use in the live states only", () => {
  assert.equal(isLive(run("record", "granted", "wait")), true);
  assert.equal(isLive(run("record", "granted", "started", "lost")), true);
  assert.equal(isLive(run("judge")), false);
  assert.equal(isLive(run("record", "granted", "started", "stop", "summary")), false);
});
