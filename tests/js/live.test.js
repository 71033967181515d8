import assert from "node:assert/strict";
import { test } from "node:test";

import { Live } from "../../static/js/live.js";

// A connection whose server answers as it is told.
class Socket {
  connected = true;
  handlers = {};
  answers = {};

  on(event, handler) {
    (this.handlers[event] ??= []).push(handler);
  }

  once(event, handler) {
    this.on(event, handler);
  }

  off(event, handler) {
    this.handlers[event] = this.handlers[event]?.filter((other) => other !== handler);
  }

  connect() {}

  timeout() {
    return { emitWithAck: async (event, ...data) => this.answers[event]?.(...data) };
  }

  tell(event, data) {
    for (const handler of this.handlers[event] ?? []) handler(data);
  }
}

function pair() {
  const socket = new Socket();
  const live = new Live(() => socket);
  const problems = [];
  live.addEventListener("problem", ({ detail }) => problems.push(detail.code));
  return { socket, live, problems };
}

test("a link that cannot be made is no problem of the recording", async () => {
  const { socket, live, problems } = pair();
  socket.answers.share = () => {
    socket.tell("problem", { code: "too_fast" });
    socket.tell("problem", { code: "draining" }); // this one is
    return { ok: false, error: { code: "too_fast", message: "" } };
  };
  await assert.rejects(live.share(), { code: "too_fast" });
  assert.deepEqual(problems, ["draining"]);
  socket.tell("problem", { code: "too_fast" });
  assert.deepEqual(problems, ["draining", "too_fast"]);
});

test("who is offline is told so at the first try, and anybody else only when the server has had its time", async () => {
  const socket = new Socket();
  socket.connected = false;
  let online = false;
  const live = new Live(() => socket, () => online);
  const offline = live.open(60_000);
  socket.tell("connect_error");
  await assert.rejects(offline, { code: "server_gone" });
  online = true;
  const patient = live.open(60_000);
  socket.tell("connect_error");
  socket.tell("connect");
  await patient;
  const hopeless = live.open(20);
  socket.tell("connect_error");
  await assert.rejects(hopeless, { code: "server_gone" });
  assert.deepEqual([socket.handlers.connect.length, socket.handlers.connect_error.length], [1, 0]);
});

test("a first connection that fails is explained, and a later one is a server that has gone", async () => {
  for (const code of ["websocket_blocked", "origin_refused", "server_gone"]) {
    const socket = new Socket();
    socket.connected = false;
    const live = new Live(() => socket, () => true, async () => code);
    await assert.rejects(live.open(5), { code });
    socket.tell("connect");
    await assert.rejects(live.open(5), { code: "server_gone" });
  }
});

test("a connection that is made during the explanation counts", async () => {
  const socket = new Socket();
  socket.connected = false;
  const live = new Live(() => socket, () => true, async () => {
    socket.connected = true;
    socket.tell("connect");
    return "websocket_blocked";
  });
  await live.open(5);
});

test("a link's path is handed on, and a refused start with what it says", async () => {
  const { socket, live } = pair();
  socket.answers.share = () => ({ ok: true, view: "t", path: "/watch/t" });
  assert.equal(await live.share(), "/watch/t");
  socket.answers.start = () => ({ ok: false, error: { code: "busy", message: "full", retry_after_s: 7, cause: "address" } });
  await assert.rejects(live.start("audio/webm"), { code: "busy", retry_after_s: 7, cause: "address" });
  assert.equal(live.started, false);
});

test("a start carries what a recording wishes for", async () => {
  const { socket, live } = pair();
  const sent = [];
  socket.answers.start = (data) => {
    sent.push(data);
    return { ok: true };
  };
  await live.start("audio/webm");
  await live.start("audio/webm", { speaker: "abc" });
  await live.start("audio/webm", { calibrate: true, mfcc: false });
  assert.deepEqual(sent, [
    { mime_type: "audio/webm", mfcc: true },
    { mime_type: "audio/webm", mfcc: true, speaker: "abc" },
    { mime_type: "audio/webm", mfcc: false, calibrate: true },
  ]);
});
