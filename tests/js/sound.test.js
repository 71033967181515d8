import assert from "node:assert/strict";
import { test } from "node:test";

import { join, outline, wav } from "../../static/js/sound.js";

const ones = (count, value = 1) => new Float32Array(count).fill(value);

test("parts of a recording lie where they began, and where nothing was recorded it is silent", () => {
  const whole = join([{ at_s: 0, samples: ones(3) }, { at_s: 0.5, samples: ones(2, 0.5) }], 10);
  assert.deepEqual([...whole], [1, 1, 1, 0, 0, 0.5, 0.5]);
});

test("a part that reaches into the next one ends where that begins", () => {
  const whole = join([{ at_s: 0, samples: ones(9) }, { at_s: 0.5, samples: ones(2, 0.5) }], 10);
  assert.deepEqual([...whole].slice(0, 7), [1, 1, 1, 1, 1, 0.5, 0.5]);
});

test("a recording whose end could not be read is as long as it was, and one part is taken as it is", () => {
  assert.equal(join([{ at_s: 0.2, samples: ones(3) }], 10, 2).length, 20);
  const samples = ones(5);
  assert.equal(join([{ at_s: 0, samples }], 10), samples);
});

test("a WAV file says what it is and holds the samples, clipped and not wrapped", async () => {
  const blob = wav(Float32Array.from([0, 1, -1, 2, -2, 0.5]), 16000);
  assert.equal(blob.type, "audio/wav");
  const view = new DataView(await blob.arrayBuffer());
  const text = (at, count) => String.fromCharCode(...new Uint8Array(view.buffer, at, count));
  assert.deepEqual([text(0, 4), text(8, 8), text(36, 4)], ["RIFF", "WAVEfmt ", "data"]);
  assert.deepEqual([view.getUint32(4, true), view.getUint32(24, true), view.getUint32(28, true), view.getUint32(40, true)], [48, 16000, 32000, 12]);
  assert.equal(view.byteLength, 56);
  const samples = Array.from({ length: 6 }, (_, i) => view.getInt16(44 + 2 * i, true));
  assert.deepEqual(samples, [0, 32767, -32767, 32767, -32767, 16383]);
});

test("an outline has fifty peaks a second, and at least one", () => {
  assert.equal(outline(ones(16000), 16000).length, 50);
  assert.equal(outline(new Float32Array(0), 16000).length, 1);
  assert.equal(Math.max(...outline(ones(100, 0.25), 100)), 0.5);
});
