import assert from "node:assert/strict";
import { test } from "node:test";

import { obstruction } from "../../static/js/reach.js";

// Answers as a server would: `ready` is the status of /readyz, `socket` status and text of /socket.io.
const server = (ready, socket) => async (url) => {
  const [status, text] = String(url).includes("readyz") ? [ready, ""] : socket;
  return new Response(text, { status });
};

test("a server that answers over HTTP alone has its WebSocket blocked on the way", async () => {
  assert.equal(await obstruction(server(200, [200, "OK"])), "websocket_blocked");
  assert.equal(await obstruction(server(200, [403, "Forbidden"])), "websocket_blocked");
});

test("a refused Origin is told from a blocked WebSocket by the server's own words", async () => {
  assert.equal(await obstruction(server(200, [400, '"Not an accepted origin."'])), "origin_refused");
});

test("a server that does not answer, or takes no work, is gone", async () => {
  assert.equal(await obstruction(async () => { throw new TypeError("Failed to fetch"); }), "server_gone");
  assert.equal(await obstruction(server(503, [200, "OK"])), "server_gone");
});
