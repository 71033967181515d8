import assert from "node:assert/strict";
import { test } from "node:test";

import { KEPT, STATES, initial, newest, next, tokenOf, waits } from "../../static/js/view.js";

const window = (end_s) => ({ seq: end_s * 4, start_s: Math.max(0, end_s - 3), end_s, state: "speech", emotion: "sad", probabilities: {} });
const run = (...events) => events.reduce((view, event) => next(view, typeof event === "string" ? { type: event } : event), initial);
const watching = (ends = [], recording = true) => ({ type: "watching", predictions: ends.map(window), recording });
const prediction = (end_s) => ({ type: "prediction", prediction: window(end_s) });
const told = (recording, interrupted = false) => ({ type: "state", recording, interrupted });

test("who comes late sees what was there, and then what comes", () => {
  const view = run(watching([1, 1.25]), prediction(1.5));
  assert.equal(view.state, "live");
  assert.deepEqual(view.windows.map((w) => w.end_s), [1, 1.25, 1.5]);
  assert.equal(newest(view).end_s, 1.5);
  assert.equal(newest(initial), null);
});

test("a window that comes by both doors is shown once", () => {
  assert.equal(run(watching([1, 1.25]), prediction(1.25)).windows.length, 2);
});

test("only the last minute is kept, however long it lasts", () => {
  const view = run(watching(), ...Array.from({ length: 1000 }, (_, i) => prediction((i + 1) / 4)));
  assert.deepEqual([view.windows.length, view.windows[0].end_s, newest(view).end_s], [KEPT, (1000 - KEPT + 1) / 4, 250]);
});

test("another recording in the same view begins anew", () => {
  assert.deepEqual(run(watching([8, 9]), prediction(0.5)).windows.map((w) => w.end_s), [0.5]);
});

test("the headline follows the windows, and begins anew with another recording", () => {
  const at = (end_s, state) => ({ type: "prediction", prediction: { ...window(end_s), state, emotion: state === "speech" ? "sad" : null } });
  assert.equal(run(watching()).headline.kind, "listening");
  const late = run(watching([1, 1.25]));
  assert.equal(late.headline.kind, "sad");
  assert.equal(next(late, at(1.5, "unsure")).headline.kind, "sad");
  assert.equal(next(late, at(2.5, "unsure")).headline.kind, "unsure");
  assert.equal(next(late, at(0.25, "unsure")).headline.kind, "listening");
  assert.equal(next(late, watching([1, 1.25])).headline.kind, "sad");
});

test("a pause is said, and the last words before it still arrive", () => {
  const view = run(watching([1]), told(false), prediction(1.5));
  assert.deepEqual([view.state, view.windows.length], ["paused", 2]);
  assert.equal(next(view, told(true)).state, "live");
});

test("an interruption keeps what was seen and heals by itself", () => {
  for (const broken of ["lost", told(true, true)]) {
    const view = run(watching([1]), broken);
    assert.deepEqual([view.state, view.windows.length], ["interrupted", 1]);
    assert.equal(next(view, prediction(2)).state, "live");
    assert.equal(next(view, told(false)).state, "paused");
    assert.deepEqual(next(view, watching([2, 3])).windows.map((w) => w.end_s), [2, 3]);
  }
});

test("when nothing comes the speaker has paused, until something comes", () => {
  const quiet = run(watching([1]), "quiet");
  assert.equal(quiet.state, "paused");
  assert.equal(next(quiet, { type: "quiet" }), quiet);
  assert.equal(next(quiet, prediction(2)).state, "live");
  assert.equal(run("quiet"), initial);
});

test("an unknown view and an ended one are final", () => {
  const ends = [[{ type: "refused", code: "no_view" }], [{ type: "refused", code: "bad_message" }], [watching([1]), { type: "ended", reason: "stopped sharing" }]];
  for (const events of ends) {
    const view = run(...events);
    for (const late of [prediction(2), told(true), { type: "lost" }, watching([1]), { type: "quiet" }]) assert.equal(next(view, late), view);
    assert.equal(waits(view), false);
  }
  assert.equal(run(ends[0][0]).state, "missing");
  const ended = run(watching([1]), { type: "ended", reason: "disconnected" });
  assert.deepEqual([ended.state, ended.reason, ended.windows.length], ["ended", "disconnected", 1]);
});

test("a view that was seen and is no more has ended", () => {
  assert.equal(run(watching([1]), "lost", { type: "refused", code: "no_view" }).state, "ended");
});

test("a server that cannot say now is asked again", () => {
  for (const code of ["busy", "too_fast", "internal", undefined]) {
    assert.equal(run({ type: "refused", code }).state, "connecting");
    const view = run(watching([1]), "lost", { type: "refused", code });
    assert.deepEqual([view.state, waits(view), view.windows.length], ["interrupted", true, 1]);
  }
});

test("a full view is waited for", () => {
  const full = run({ type: "refused", code: "full" });
  assert.equal(full.state, "full");
  assert.equal(next(full, { type: "lost" }).state, "full");
  assert.equal(next(full, watching()).state, "live");
});

test("before anything is known nothing is called interrupted, and nothing is shown", () => {
  assert.equal(run("lost").state, "connecting");
  assert.equal(run(prediction(1)), initial);
  assert.equal(run("no such event"), initial);
});

test("every state can be met", () => {
  const met = [[], [{ type: "blocked", code: "websocket_blocked" }], [watching()], [watching([], false)], [watching(), "lost"], [watching(), "ended"], [{ type: "refused", code: "no_view" }], [{ type: "refused", code: "full" }]];
  assert.deepEqual(new Set(met.map((events) => run(...events).state)), new Set(STATES));
});

test("a blocked view says why, and shows the recording once there is a connection", () => {
  const blocked = run({ type: "blocked", code: "origin_refused" });
  assert.deepEqual([blocked.state, blocked.reason], ["blocked", "origin_refused"]);
  assert.ok(waits(blocked));
  assert.equal(next(blocked, watching([1])).state, "live");
  assert.equal(run(watching([1]), { type: "blocked", code: "origin_refused" }).state, "live");
});

test("the token is the path's last part", () => {
  assert.equal(tokenOf("/watch/aB-3_x"), "aB-3_x");
  assert.equal(tokenOf("/watch/aB-3_x/"), "aB-3_x");
  assert.equal(tokenOf("/"), "");
});

test("an address that is no address of a view is answered, not stumbled over", () => assert.equal(tokenOf("/watch/%E0%A4%A"), "%E0%A4%A"));
