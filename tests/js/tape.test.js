import assert from "node:assert/strict";
import { test } from "node:test";

import { Tape } from "../../static/js/tape.js";

const chunk = (text) => new Blob([text]);

test("each recorder is a part of its own that knows when it began", async () => {
  const tape = new Tape();
  tape.begin(0, "audio/webm");
  tape.add(chunk("head"));
  tape.add(chunk("body"));
  tape.begin(4.5, "audio/webm");
  tape.add(chunk("new head"));
  const told = await Promise.all(tape.parts.map(async ({ at_s, type, chunks }) => [at_s, type, await new Blob(chunks).text()]));
  assert.deepEqual(told, [[0, "audio/webm", "headbody"], [4.5, "audio/webm", "new head"]]);
  assert.equal(tape.full, false);
});

test("a tape that is full keeps its beginning, without a hole", async () => {
  const tape = new Tape(10);
  tape.begin(0, "audio/webm");
  for (const text of ["eight by", "more than is left", "x"]) tape.add(chunk(text));
  assert.equal(tape.full, true);
  assert.equal(await new Blob(tape.parts[0].chunks).text(), "eight by");
});

test("hundreds of chunks are a few objects and the same bytes", async () => {
  const tape = new Tape();
  tape.begin(0, "audio/webm");
  const texts = Array.from({ length: 300 }, (_, index) => `${index};`);
  for (const text of texts) tape.add(chunk(text));
  assert.ok(tape.parts[0].chunks.length < 64);
  assert.equal(await new Blob(tape.parts[0].chunks).text(), texts.join(""));
});
