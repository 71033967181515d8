import assert from "node:assert/strict";
import { test } from "node:test";

import { codeOf, fault } from "../../static/js/predictions.js";

const limit = { max_upload_mb: 1 };
const file = (name, type = "", size = 1000) => ({ name, type, size });

test("every format that the server reads may be sent, by its name or by its type", () => {
  for (const ending of ["wav", "flac", "mp3", "ogg", "webm", "mp4", "m4a", "OPUS"]) {
    assert.equal(fault(file(`a.${ending}`), limit), null, ending);
  }
  assert.equal(fault(file("no ending", "audio/x-wav"), limit), null);
});

test("what cannot succeed is not sent at all", () => {
  assert.equal(fault(file("a.pdf", "application/pdf"), limit), "unsupported_media");
  assert.equal(fault(file("wav"), limit), "unsupported_media");
  assert.equal(fault(file("a.wav", "", 0), limit), "empty");
  assert.equal(fault(file("a.wav", "", 2 ** 20 + 1), limit), "too_large");
  assert.equal(fault(file("a.wav", "", 2 ** 20), limit), null);
});

test("the server's own code is taken; a proxy's status stands in where there is none", () => {
  assert.equal(codeOf(422, { error: { code: "undecodable" } }), "undecodable");
  assert.deepEqual([413, 429, 503, 502, 0].map((status) => codeOf(status, null)), ["too_large", "rate_limited", "busy", "server_gone", "server_gone"]);
  assert.equal(codeOf(200, {}), "unknown");
});
