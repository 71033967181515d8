// Wires the page together: events of the session, the samples and the upload go through the state machine, and `render`
// shows whatever state comes out. No other module knows more than its own noun.

import { About } from "./about.js";
import { Bars } from "./bars.js";
import { Clips } from "./clips.js";
import { read } from "./config.js";
import { foot } from "./foot.js";
import { language } from "./language.js";
import { Live } from "./live.js";
import { MfccPicture } from "./mfcc.js";
import { obstacle } from "./microphone.js";
import { calm } from "./palette.js";
import { Presence } from "./presence.js";
import { Rejudging } from "./rejudging.js";
import { Result } from "./result.js";
import { Samples } from "./samples.js";
import { Screen } from "./screen.js";
import { Session } from "./session.js";
import { Sharing } from "./sharing.js";
import { allowed, initial, isLive, isShareable, next } from "./state.js";
import { sentence, strings } from "./strings.js";
import { Studio } from "./studio.js";
import { translate } from "./translation.js";
import { Upload } from "./upload.js";
import { Waveform } from "./waveform.js";

const $ = (id) => document.getElementById(id);
const config = read(document);
translate(document, { language, strings, title: strings.title });
const bars = new Bars($("bars"), $("values"), config.labels);
const waveform = new Waveform($("waveform"));
const mfcc = new MfccPicture($("mfcc-picture"), $("mfcc-mark"));
const result = new Result(document, config);
const live = new Live();
const rejudging = new Rejudging({ button: $("rejudge"), note: $("rejudged") }, { config, speaker: () => studio.speaker, finish });
const studio = new Studio(document, live, config, () => rejudging.update());
const screen = new Screen(document, initial);
const presence = new Presence({ network: () => screen.network(), healed });

let state = initial;
let session = null;
let speaker = null; // the profile that the session began with

// --- Showing ---

function dispatch(event) {
  const before = state;
  state = next(state, event);
  if (state !== before) render(before);
  return state !== before;
}

function render(before) {
  const can = allowed(state);
  const lively = isLive(state);
  screen.show(state, { moving: session?.moving });
  presence.show(state);
  studio.show(state, session);
  samples.enable(can.judge);
  upload.enable(can.judge);
  sharing.enable(config.sharing && isShareable(state), ["recording", "paused"].includes(state.name) && state.linked);
  if (before.name === "result") {
    result.forget();
    rejudging.forget();
  }
  if (["asking", "judging"].includes(state.name)) result.prepare();
  if (state.name !== "judging") upload.done();
  $("wave").hidden = state.name === "queued" || !lively;
  if (!lively) $("mfcc").hidden = true;
  if (state.name === "error") {
    screen.warn(sentence(presence.code(state.error.code), { where: state.error.where, limit: config }));
    bars.clear();
  }
  if (before.name === "error" && state.name !== "error") screen.warn("");
}

setInterval(() => screen.tick(session?.clock.seconds ?? 0), 100);

function finish(judgement, about, source) {
  const told = result.show(judgement, about, source);
  bars.show(judgement.probabilities, { state: told.state, emotion: judgement.emotion, seq: "summary" });
  rejudging.show(judgement, about, source);
  $("result-sentence").focus({ preventScroll: true });
}

// Nothing of what was there before.
function clear() {
  screen.warn("");
  bars.clear();
  waveform.clear();
}

// What stood in the way is gone.
function healed(words) {
  dispatch({ type: "discard" });
  screen.aside(words);
}

// --- Recording ---

function record() {
  const code = obstacle(globalThis);
  if (code) return dispatch({ type: "failed", error: { code } });
  if (!dispatch({ type: "record" })) return;
  samples.silence();
  samples.choose(null);
  clear();
  screen.forget();
  mfcc.clear();
  const { onUnknownVoice, ...wishes } = studio.wishes;
  speaker = wishes.speaker;
  session = new Session(live, config, heard, {
    ...wishes,
    onUnknownVoice() {
      speaker = null;
      onUnknownVoice();
    },
  });
  session.begin();
}

function heard(event) {
  const on = listeners[event.type];
  if (on) on(event);
  else dispatch(event); // granted, stranded
}

const listeners = {
  prediction({ prediction, window }) {
    if (!["recording", "paused", "stopping"].includes(state.name)) return;
    bars.show(prediction.probabilities, prediction);
    screen.heard(window);
    studio.heard(window);
    mfcc.judged(prediction);
  },
  frames({ frames }) {
    $("mfcc").hidden = !isLive(state);
    mfcc.push(frames);
  },
  wait(event) {
    dispatch(event);
    screen.queue(event.wait);
  },
  trying() {
    screen.trying();
  },
  started(event) {
    const before = state.name;
    dispatch(event);
    if (before === "reconnecting" || before === "stranded") {
      screen.warn("");
      screen.aside(presence.back());
    }
    mfcc.clear();
    waveform.follow(session.analyser, () => session.clock.seconds);
  },
  lost(event) {
    dispatch(event);
    screen.aside(""); // what it said of the connection is over
    waveform.stop();
  },
  skipped({ windows }) {
    screen.skipped(windows);
  },
  problem({ code }) {
    screen.warn(sentence(code, { limit: config }));
  },
  ended({ code }) {
    if (!allowed(state).stop) { // nothing has been recorded that could be summed up
      session.close();
      return listeners.failed({ type: "failed", error: { code, where: "start" } });
    }
    screen.warn(sentence(code, { limit: config }));
    return stop();
  },
  failed(event) {
    dispatch(event);
    session = null;
  },
};

function pause() {
  if (!dispatch({ type: "pause" })) return;
  waveform.stop();
  session.pause();
}

function resume() {
  if (!dispatch({ type: "resume" })) return;
  session.resume();
  if (state.name === "recording") waveform.follow(session.analyser, () => session.clock.seconds);
}

function again() {
  if (dispatch({ type: "again" })) session.again();
}

async function stop() {
  if (!dispatch({ type: "stop" })) return;
  waveform.stop();
  const ending = session;
  const judgement = await ending.stop();
  if (!dispatch({ type: "summary" })) return;
  finish(judgement, { voice: "yours", name: strings.result.recording, gaps: ending.gaps, speaker }, ending.tape);
}

function cancel() {
  if (!allowed(state).cancel) return;
  clips.cancel();
  session?.close();
  session = null;
  dispatch({ type: "cancel" });
  bars.clear();
}

// The answer appears there, wherever on the page the question was asked.
function goToRecorder() {
  $("recorder").scrollIntoView({ behavior: calm() ? "auto" : "smooth", block: "start" });
}

// --- Wiring ---

const samples = new Samples({ cards: $("cards"), note: $("samples-note"), more: $("more"), player: $("player"), tally: $("tally"), back: $("back") }, (sample) => clips.sample(sample), config);
const sharing = new Sharing(live, {
  panel: $("share"), toggle: $("share-switch"), open: $("share-open"), url: $("share-url"), copy: $("share-copy"),
  send: $("share-send"), stop: $("share-stop"), count: $("share-count"), note: $("share-note"), code: $("share-code"),
});
const upload = new Upload({
  form: $("drop"), input: $("file"), sending: $("sending"), bar: $("progress"), text: $("sending-text"), cancel: $("sending-cancel"),
}, { onFiles: (files, about) => clips.files(files, about), onCancel: cancel });
const clips = new Clips({
  config, dispatch, samples, upload, clear, finish, look: goToRecorder, free: () => allowed(state).judge, waiting: () => state.name === "judging",
});

for (const [id, act] of Object.entries({ record, pause, resume, again, stop, cancel })) $(id).addEventListener("click", act);
$("discard").addEventListener("click", () => {
  dispatch({ type: "discard" });
  bars.clear();
  samples.choose(null);
  $("record").focus();
});
$("dismiss").addEventListener("click", () => {
  screen.warn("");
  if (state.name === "error") dispatch({ type: "discard" });
  $("record").focus();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) cancel();
});
addEventListener("offline", () => live.renew());
addEventListener("online", () => {
  if (state.name === "reconnecting" || state.name === "stranded") live.hurry();
});
addEventListener("pagehide", () => session?.close());
// Back from the browser's history: the recording has ended when the page was left.
addEventListener("pageshow", (event) => {
  if (event.persisted && (isLive(state) || state.name === "judging")) location.reload();
});

// Better said before the first click than after it.
const missing = obstacle(globalThis);
if (missing) {
  screen.block();
  screen.warn(sentence(missing));
}

screen.show(state); // in the visitor's language: the template's words are English
document.body.dataset.ready = "true";
foot(document, { language, busy: () => isLive(state), warning: strings.foot_busy });
new About(document).load().then((report) => studio.inform(report));
samples.load().then(() => samples.enable(allowed(state).judge));
