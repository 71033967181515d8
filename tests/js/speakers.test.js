import assert from "node:assert/strict";
import { test } from "node:test";

import { Memory } from "../../static/js/memory.js";
import { MOST_BYTES, Speakers, moved, profileOf } from "../../static/js/speakers.js";

// Web storage, as browsers have it and as private windows do not.
function storage() {
  const kept = new Map();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => void kept.set(name, text), removeItem: (name) => void kept.delete(name) };
}

function place({ blocked = false } = {}) {
  const [here, there] = [storage(), storage()];
  const tab = new Memory(() => here);
  const lasting = new Memory(() => {
    if (blocked) throw new Error("SecurityError");
    return there;
  });
  return { tab, lasting, open: () => new Speakers(tab, lasting), anew: () => new Speakers(new Memory(storage), lasting) };
}

const told = { speaker: "AQab-_9", speech_s: 8.4 };
const taught = { speaker: "BBBB", clips: { happy: 2 }, check: null, separates: true, doubts: [] };

test("a reading is used until it is switched off, and again when switched on", () => {
  const { open } = place();
  const speakers = open();
  assert.equal(speakers.speaker, null);
  speakers.keepReading(told, null);
  assert.equal(speakers.speaker, told.speaker);
  speakers.turn(false);
  assert.equal(speakers.speaker, null);
  assert.equal(speakers.text, told.speaker);
  assert.equal(open().kept.reading.speech_s, 8.4);
  assert.equal(open().speaker, null);
  speakers.turn(true);
  assert.equal(open().speaker, told.speaker);
  speakers.forget();
  assert.equal(open().kept, null);
  speakers.turn(true);
  assert.equal(speakers.speaker, null);
});

test("what was taught stands for the reading, which comes back when the last take goes", () => {
  const speakers = place().open();
  speakers.keepReading(told, null);
  speakers.keepTaught(taught);
  assert.equal(speakers.speaker, "BBBB");
  assert.deepEqual(speakers.kept.taught.clips, { happy: 2 });
  assert.equal("doubts" in speakers.kept.taught, false);
  speakers.keepTaught(null);
  assert.equal(speakers.speaker, told.speaker);
  speakers.keepTaught(taught);
  speakers.keepReading(null);
  assert.equal(speakers.speaker, "BBBB", "the takes stay without the reading");
  speakers.keepTaught(null);
  assert.equal(speakers.kept, null);
  const bare = place().open();
  bare.keepTaught(taught);
  bare.keepTaught(null);
  assert.equal(bare.kept, null);
});

test("a profile is gone with its tab, unless the visitor lets the browser remember it", () => {
  const { open, anew } = place();
  const speakers = open();
  speakers.keepTaught(taught);
  assert.equal(anew().kept, null);
  assert.equal(speakers.remember(true), true);
  assert.equal(anew().speaker, "BBBB");
  speakers.keepTaught({ ...taught, speaker: "CCCC" });
  assert.equal(anew().speaker, "CCCC", "later takes are remembered too");
  assert.equal(speakers.remember(false), false);
  assert.equal(anew().kept, null);
  assert.equal(speakers.speaker, "CCCC", "this tab still has it");
});

test("the browser remembers texts and counts, and not what those ten seconds sounded like", () => {
  const { open, lasting } = place();
  const speakers = open();
  speakers.keepReading(told, moved({ happy: 0.2, sad: 0.8 }, { happy: 0.6, sad: 0.4 }));
  speakers.keepTaught(taught);
  speakers.remember(true);
  assert.deepEqual(lasting.get("voice"), {
    on: true, reading: told, taught: { speaker: "BBBB", clips: { happy: 2 }, check: null, separates: true },
  });
});

test("forgetting reaches what the browser remembers, and no other tab brings it back", () => {
  const { open, anew } = place();
  const speakers = open();
  speakers.keepTaught(taught);
  speakers.remember(true);
  const other = anew();
  speakers.forget();
  other.turn(false);
  assert.equal(anew().kept, null);
  assert.equal(other.remembered, false);
});

test("where a browser keeps nothing, the page says so and goes on with the profile", () => {
  const speakers = place({ blocked: true }).open();
  speakers.keepTaught(taught);
  assert.equal(speakers.remember(true), false);
  assert.equal(speakers.speaker, "BBBB");
});

test("a profile from a file takes the place of all that was known", () => {
  const speakers = place().open();
  speakers.keepReading(told, null);
  speakers.turn(false);
  speakers.load("DDDD");
  assert.equal(speakers.speaker, "DDDD");
  assert.equal(speakers.kept.taught.clips, null);
  speakers.keepTaught(null);
  assert.equal(speakers.kept, null);
});

test("an exported profile is read again, and what is none is not", () => {
  assert.equal(profileOf("AQab-_9\n"), "AQab-_9");
  assert.equal(profileOf(`\r\n${"x".repeat(4096)}\r\n`).length, 4096);
  assert.ok(4096 + 2 <= MOST_BYTES);
  for (const text of ["", "a b", "x".repeat(4097), "<html>", "AAAA\nBBBB"]) assert.equal(profileOf(text), null, text.slice(0, 10));
});

test("what is no profile is not sent to a server", () => {
  for (const speaker of ["", "a b", "x".repeat(4097), 7, undefined]) {
    for (const part of ["reading", "taught"]) {
      const { tab, open } = place();
      tab.put("voice", { on: true, [part]: { speaker } });
      assert.equal(open().speaker, null);
      assert.equal(open().kept, null);
    }
  }
});

test("what moved most is told with its shares, and the nearest of both", () => {
  const change = moved({ happy: 0.2, sad: 0.5, angry: 0.3 }, { happy: 0.45, sad: 0.3, angry: 0.25 });
  assert.deepEqual(change, { label: "happy", from: 0.2, to: 0.45, little: false, before: "sad", after: "happy" });
});

test("what moves less than three points hardly moves", () => {
  assert.equal(moved({ happy: 0.5, sad: 0.5 }, { happy: 0.52, sad: 0.48 }).little, true);
  assert.equal(moved({ happy: 0.2451, sad: 0.7549 }, { happy: 0.2249, sad: 0.7751 }).little, false, "25 % and 22 % are three points to who reads them");
  assert.equal(moved({ happy: 0.5, sad: 0.5 }, { happy: 0.54, sad: 0.46 }).little, false);
});
