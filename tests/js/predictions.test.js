import assert from "node:assert/strict";
import { test } from "node:test";

import { canRead, codeOf, fault } from "../../static/js/predictions.js";

const limit = { max_upload_mb: 1 };
const file = (name, type = "", size = 1000) => ({ name, type, size });

test("the page sends every file of a fitting size, whatever its name and type", () => {
  const names = ["IMG_1.MOV", "a.qta", "a.mkv", "a.3gp", "a.wave", "a.amr", "a.aiff", "a.caf", "a.wma", "PTT-20260101-WA0001", "a.pdf", "wav"];
  for (const name of names) {
    for (const type of ["", "audio/x-wav", "video/quicktime", "application/octet-stream"]) assert.equal(fault(file(name, type), limit), null, `${name} ${type}`);
  }
});

test("the page does not send an empty file or one that is too large", () => {
  assert.equal(fault(file("a.wav", "", 0), limit), "empty");
  assert.equal(fault(file("a.wav", "", 2 ** 20 + 1), limit), "too_large");
  assert.equal(fault(file("a.wav", "", 2 ** 20), limit), null);
});

test("a file that the browser cannot read is noticed before it is sent", async () => {
  assert.equal(await canRead(new Blob(["a"])), true);
  const gone = { slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotFoundError")) }) };
  assert.equal(await canRead(gone), false);
});

test("the server's own code is taken; a proxy's status stands in where there is none", () => {
  assert.equal(codeOf(422, { error: { code: "undecodable" } }), "undecodable");
  assert.deepEqual([413, 429, 503, 502, 0].map((status) => codeOf(status, null)), ["too_large", "rate_limited", "busy", "server_gone", "server_gone"]);
  assert.equal(codeOf(200, {}), "unknown");
});
