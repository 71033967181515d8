import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST_S, STATES, cardOf, initial, isDoubtful, isStale, next, posted, teachable } from "../../static/js/takes.js";
import { strings } from "../../static/js/strings.js";

const run = (state, ...events) => events.reduce((now, event) => next(now, typeof event === "string" ? { type: event } : event), state);
const spoken = { type: "recorded", sound: "sound", seconds: 3 };
const takes = (emotion, replaces) => [{ type: "record", emotion, replaces }, "opened", spoken];
const read = { type: "read", emotion: "neutral", sound: "read", seconds: 12 };
const ids = (state) => posted(state).map(({ id }) => id);
const taught = (...emotions) => run(initial, ...emotions.flatMap((emotion) => [...takes(emotion), "answered"]));

// What each event leads to, from each state; "" means that it means nothing there. `two`: with a happy and a sad take.
const TABLE = {
  record: ["opening", "", "", ""],
  opened: ["", "recording", "", ""],
  cancel: ["", "resting", "resting", ""],
  failed: ["", "resting", "resting", ""],
  recorded: ["", "", "teaching", ""],
  read: ["teaching", "", "", ""],
  remove: ["teaching", "", "", ""],
  answered: ["", "", "", "resting"],
  refused: ["", "", "", "resting"],
  again: ["", "", "", ""],
  keep: STATES,
  forget: STATES.map(() => "resting"),
};
const two = taught("happy", "sad");
const IN = {
  resting: two,
  opening: run(two, { type: "record", emotion: "angry" }),
  recording: run(two, { type: "record", emotion: "angry" }, "opened"),
  teaching: run(two, ...takes("angry")),
};
const ABOUT = { record: { emotion: "angry" }, recorded: spoken, read, remove: { id: 1 }, keep: { id: 1 }, failed: { code: "silent" }, refused: { code: "busy" } };

for (const [type, after] of Object.entries(TABLE)) {
  test(`${type} does in every state what the drawing says`, () => {
    STATES.forEach((name, index) => {
      const before = IN[name];
      assert.equal(before.name, name);
      const state = next(before, { ...ABOUT[type], type });
      if (after[index]) assert.equal(state.name, after[index], `from ${name}`);
      else assert.equal(state, before, `from ${name}`);
    });
  });
}

test("an unknown event means nothing", () => assert.equal(next(initial, { type: "what?" }), initial));

test("takes of any subset of the emotions are taught, all of them each time", () => {
  const first = run(initial, ...takes("angry"));
  assert.deepEqual([first.name, ids(first)], ["teaching", [1]]);
  const second = run(first, "answered", ...takes("fearful"));
  assert.deepEqual([second.name, ids(second), second.round], ["teaching", [1, 2], 2]);
  const known = run(second, "answered");
  assert.deepEqual(known.known, [1, 2]);
  assert.equal(cardOf(known, "angry").name, "known");
  assert.equal(cardOf(known, "happy").name, "empty");
});

test("a card shows that it is busy, and the others do not", () => {
  assert.equal(cardOf(IN.recording, "angry").name, "recording");
  assert.equal(cardOf(IN.recording, "happy").name, "known");
  assert.equal(cardOf(IN.teaching, "angry").name, "teaching");
});

test("the reading alone is not taught, and with takes it counts as one of neutral", () => {
  const alone = run(initial, read);
  assert.deepEqual([alone.name, teachable(alone)], ["resting", false]);
  const both = run(alone, ...takes("happy"));
  assert.deepEqual(posted(both).map(({ emotion, reading }) => [emotion, reading]), [["neutral", true], ["happy", false]]);
});

test("a new reading takes the place of the old one; one that is too long to be sent is left out", () => {
  const twice = run(taught("happy"), read, "answered", { ...read, sound: "second" }, "answered");
  assert.deepEqual(posted(twice).map(({ sound }) => sound), ["sound", "second"]);
  const long = run(twice, { ...read, seconds: LONGEST_S + 1 });
  assert.equal(long.name, "teaching");
  assert.deepEqual(posted(long).map(({ sound }) => sound), ["sound"]);
});

test("a take that is said again replaces the older one once the server has accepted it", () => {
  const again = run(two, ...takes("happy", 1));
  assert.deepEqual(ids(again), [2, 3]);
  assert.equal(again.takes.length, 3, "the older one is still there");
  const accepted = run(again, "answered");
  assert.deepEqual(accepted.takes.map(({ id }) => id), [2, 3]);
  assert.deepEqual(accepted.known, [2, 3]);
});

test("a take that the server refuses is marked and not used, and the earlier profile stays", () => {
  const refused = run(two, ...takes("happy", 1), { type: "refused", code: "no_voice", emotion: "happy", clip: 0 });
  assert.equal(refused.name, "resting");
  assert.deepEqual(refused.known, [1, 2]);
  assert.deepEqual(ids(refused), [1, 2], "the one that it was to replace is used again");
  assert.equal(refused.takes.at(-1).fault, "no_voice");
  assert.equal(cardOf(refused, "happy").name, "known");
  // What replaces it in its turn replaces the older one, too.
  const third = run(refused, ...takes("happy", 3), "answered");
  assert.deepEqual(third.takes.map(({ id }) => id), [2, 4]);
});

test("the first take can be refused too: then nothing is known", () => {
  const refused = run(initial, ...takes("happy"), { type: "refused", code: "too_short", emotion: "happy", clip: 0 });
  assert.deepEqual([refused.name, refused.known.length, cardOf(refused, "happy").name], ["resting", 0, "waiting"]);
});

test("where another take than the new one is refused, the server is asked again without it", () => {
  const refused = run(two, ...takes("angry"), { type: "refused", code: "same_clip", emotion: "sad", clip: 0 });
  assert.equal(refused.name, "teaching");
  assert.equal(refused.round, 4);
  assert.deepEqual(ids(refused), [1, 3]);
});

test("the place that a refusal names counts the takes that were sent", () => {
  const faulty = run(initial, ...takes("happy"), { type: "refused", code: "no_voice", emotion: "happy", clip: 0 });
  const refused = run(faulty, ...takes("happy"), "answered", ...takes("happy"), { type: "refused", code: "too_short", emotion: "happy", clip: 1 });
  assert.deepEqual(refused.takes.map(({ fault }) => fault), ["no_voice", null, "too_short"]);
});

test("a server without time keeps the takes, and is asked again", () => {
  const busy = run(two, ...takes("angry"), { type: "refused", code: "busy" });
  assert.deepEqual([busy.name, busy.problem], ["resting", { code: "busy", emotion: "angry" }]);
  assert.equal(cardOf(busy, "angry").problem, "busy");
  assert.equal(isStale(busy), true);
  assert.deepEqual(busy.known, [1, 2]);
  const again = run(busy, "again");
  assert.deepEqual([again.name, ids(again)], ["teaching", [1, 2, 3]]);
});

test("a take that is removed teaches the rest; with the last one everything goes", () => {
  const one = run(two, { type: "remove", id: 1 });
  assert.deepEqual([one.name, ids(one)], ["teaching", [2]]);
  const none = run(one, "answered", { type: "remove", id: 2 });
  assert.deepEqual([none.name, none.known.length, none.takes.length], ["resting", 0, 0]);
  const left = run(taught("sad"), read, "answered", { type: "remove", id: 1 });
  assert.deepEqual([left.name, left.known.length, left.takes.length], ["resting", 0, 1]);
  assert.equal(run(two, { type: "remove", id: 9 }), two);
});

test("a faulty take is removed without asking the server", () => {
  const faulty = run(two, ...takes("angry"), { type: "refused", code: "no_voice", emotion: "angry", clip: 0 });
  const gone = run(faulty, { type: "remove", id: 3 });
  assert.deepEqual([gone.name, gone.round, gone.known], ["resting", faulty.round, [1, 2]]);
});

test("a doubtful take is asked about until the visitor keeps it, and the answer is remembered", () => {
  const doubts = [{ emotion: "happy", clip: 1, resembles: "angry" }];
  const asked = run(taught("happy", "sad"), ...takes("happy"), { type: "answered", doubts });
  assert.deepEqual(asked.takes.map(isDoubtful), [false, false, true]);
  const kept = run(asked, { type: "keep", id: 3 });
  assert.equal(kept.takes.some(isDoubtful), false);
  const later = run(kept, ...takes("sad"), { type: "answered", doubts });
  assert.deepEqual(later.takes.map(({ resembles }) => resembles), [null, null, "angry", null]);
  assert.equal(later.takes.some(isDoubtful), false);
  const said = run(later, ...takes("happy", 3), { type: "answered", doubts });
  assert.equal(isDoubtful(said.takes.at(-1)), true, "another take is another question");
});

test("a doubt is over when the other takes do not contradict any more", () => {
  const asked = run(two, ...takes("happy"), { type: "answered", doubts: [{ emotion: "happy", clip: 0, resembles: "sad" }] });
  assert.equal(isDoubtful(asked.takes[0]), true);
  assert.equal(run(asked, ...takes("happy"), { type: "answered", doubts: [] }).takes.some(isDoubtful), false);
});

test("a cancelled take leaves what was there, and an answer that comes after forgetting changes nothing", () => {
  const before = IN.recording;
  const cancelled = run(before, "cancel");
  assert.deepEqual([cancelled.takes, cancelled.known, cancelled.problem], [before.takes, before.known, null]);
  const forgotten = run(IN.teaching, "forget");
  assert.deepEqual([forgotten.name, forgotten.takes.length, forgotten.known.length], ["resting", 0, 0]);
  assert.notEqual(forgotten.round, IN.teaching.round);
  assert.equal(run(forgotten, "answered"), forgotten);
  assert.equal(run(forgotten, ...takes("sad")).takes[0].id, 4, "no id comes twice");
});

test("a failed microphone is told at its card until the next take", () => {
  const failed = run(two, { type: "record", emotion: "angry" }, { type: "failed", code: "refused" });
  assert.equal(cardOf(failed, "angry").problem, "refused");
  assert.equal(cardOf(failed, "happy").problem, null);
  assert.equal(run(failed, { type: "record", emotion: "angry" }).problem, null);
});

test("every state of a card, every fault and every emotion has its words", () => {
  for (const name of ["empty", "known", "waiting", ...STATES.slice(1)]) assert.ok(strings.teach.card[name]("happy"), name);
  for (const code of ["too_short", "no_voice", "same_clip", "too_long"]) assert.notEqual(strings.teach.faults[code], undefined, code);
  assert.deepEqual(Object.keys(strings.teach.sentences), Object.keys(strings.emotions));
});
