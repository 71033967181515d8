import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { TeachingError, answerOf, formOf, teach } from "../../static/js/teaching.js";

const take = (id, emotion, sound = `sound ${id}`) => ({ id, emotion, sound: new Blob([sound], { type: "audio/webm" }) });
const ANSWER = { speaker: "AAAA", clips: { happy: 2 }, check: { clips: 10, untaught: 7, taught: 9 }, separates: true, doubts: [{ emotion: "happy", clip: 0, resembles: "angry" }] };

// A real server with one answer; gives what it was sent.
async function served(status, body, act) {
  const sent = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = await new Response(Buffer.concat(chunks), { headers: { "content-type": request.headers["content-type"] } }).formData();
    sent.push({ method: request.method, parts: await Promise.all([...form].map(async ([name, file]) => [name, file.name, await file.text()])) });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return { told: await act(`http://127.0.0.1:${server.address().port}/api/v1/speakers`), sent };
  } finally {
    server.close();
  }
}

test("takes are sent in fields named by their emotions, in their order", async () => {
  const form = formOf([take(1, "happy"), take(2, "angry"), take(3, "happy")]);
  assert.deepEqual([...form].map(([name, file]) => [name, file.name]), [["happy", "happy-1"], ["angry", "angry-2"], ["happy", "happy-3"]]);
  const { told, sent } = await served(200, ANSWER, (url) => teach([take(1, "happy"), take(2, "angry"), take(3, "happy")], { url }));
  assert.deepEqual(told, ANSWER);
  assert.deepEqual(sent, [{ method: "POST", parts: [["happy", "happy-1", "sound 1"], ["angry", "angry-2", "sound 2"], ["happy", "happy-3", "sound 3"]] }]);
});

test("an error names its take, where it is about one", async () => {
  const body = { error: { code: "too_short", message: "Clip 2 of happy holds too little speech.", emotion: "happy", clip: 1 } };
  const { told } = await served(422, body, (url) => teach([take(1, "happy")], { url }).catch((error) => error));
  assert.ok(told instanceof TeachingError);
  assert.deepEqual([told.code, told.emotion, told.clip], ["too_short", "happy", 1]);
});

test("a proxy's error, nonsense and no server at all have codes too", async () => {
  const refused = async (status, body) => (await served(status, body, (url) => teach([take(1, "happy")], { url }).catch((error) => error))).told.code;
  assert.equal(await refused(413, "<html>"), "too_large");
  assert.equal(await refused(429, ""), "rate_limited");
  assert.equal(await refused(502, "<html>"), "server_gone");
  assert.equal(await refused(200, "<html>"), "unknown");
  const { told: url } = await served(200, ANSWER, async (at) => at); // closed by now
  assert.equal((await teach([take(1, "happy")], { url }).catch((error) => error)).code, "server_gone");
});

test("what is not waited for any more is cancelled", async () => {
  const { told } = await served(200, ANSWER, (url) => teach([take(1, "happy")], { url, signal: AbortSignal.abort() }).catch((error) => error));
  assert.equal(told.code, "cancelled");
});

test("what an answer leaves out is taken for nothing to tell", () => {
  assert.deepEqual(answerOf(200, { speaker: "AAAA" }), { speaker: "AAAA", clips: {}, check: null, separates: true, doubts: [] });
});
