// Wires the page together: events of the session, the samples and the upload go through the state machine, and `render`
// shows whatever state comes out. No other module knows more than its own noun.

import { Bars } from "./bars.js";
import { read } from "./config.js";
import { clockTime } from "./format.js";
import { Live } from "./live.js";
import { MfccPicture } from "./mfcc.js";
import { obstacle } from "./microphone.js";
import { calm } from "./palette.js";
import { fault, predict } from "./predictions.js";
import { Samples, title } from "./samples.js";
import { Session } from "./session.js";
import { allowed, initial, isLive, next } from "./state.js";
import { sentence, strings, word } from "./strings.js";
import { Summary } from "./summary.js";
import { Upload } from "./upload.js";
import { Waveform, decodeClip } from "./waveform.js";

const $ = (id) => document.getElementById(id);
const config = read(document);
const bars = new Bars($("bars"), $("values"), config.labels);
const waveform = new Waveform($("waveform"));
const mfcc = new MfccPicture($("mfcc-picture"));
const summary = new Summary(document);
const live = new Live();

let state = initial;
let session = null;
let sending = null; // the request under way
let hearing = ""; // speech, silence or unsure, while recording
let spoken = ""; // the emotion in the headline

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
  document.body.dataset.state = state.name;
  document.body.toggleAttribute("data-live", lively);
  document.body.toggleAttribute("data-busy", !can.judge);
  if (state.name !== "recording" && state.name !== "paused") hear("");
  $("record").disabled = !can.record;
  $("record-text").textContent = state.name === "result" ? strings.record_again : strings.record;
  const focused = document.activeElement;
  for (const name of ["pause", "resume", "stop", "cancel", "discard"]) $(name).hidden = !can[name];
  keepFocus(focused);
  samples.enable(can.judge);
  upload.enable(can.judge);
  if (!["result", "idle"].includes(state.name)) summary.hide();
  if (state.name !== "judging") upload.done();
  $("wave").hidden = !lively && state.name !== "result";
  if (!lively) $("mfcc").hidden = true;
  if (state.name === "error") {
    warn(sentence(state.error.code, { where: state.error.where, limit: config }));
    bars.clear();
  }
  if (before.name === "error" && state.name !== "error") warn("");
  say();
}

// A button that vanishes under the keyboard's focus hands it to the one that took its place.
function keepFocus(focused) {
  if (!(focused instanceof HTMLButtonElement) || (!focused.hidden && !focused.disabled && focused.offsetParent)) return;
  if (!focused.closest(".console")) return;
  const following = ["pause", "resume", "cancel", "stop", "record"].map($).find((button) => !button.hidden && !button.disabled && button.offsetParent);
  following?.focus();
}

function say() {
  const { states, headline } = strings;
  const words = state.name === "recording" && hearing ? strings.hearing[hearing]
    : state.name === "paused" && !state.linked ? states.paused_lost : states[state.name];
  if ($("state").textContent !== words) $("state").textContent = words;
  const heard = { speech: headline.emotion(word(spoken)), silence: headline.silence, unsure: headline.unsure }[hearing];
  $("headline").textContent = {
    connecting: headline.listening,
    recording: heard ?? headline.listening,
    paused: heard ?? headline.listening,
    reconnecting: headline.listening,
    stopping: headline.judging,
    judging: headline.judging,
  }[state.name] ?? headline.idle;
}

function hear(what) {
  hearing = what;
  document.body.dataset.hearing = what;
}

function warn(text) {
  $("notice").hidden = !text;
  $("notice-text").textContent = text;
}

function tick() {
  const seconds = session ? session.clock.seconds : 0;
  const text = clockTime(seconds);
  if ($("clock").textContent !== text) $("clock").textContent = text;
  $("clock").dateTime = `PT${Math.floor(seconds)}S`;
  $("clock").dataset.seconds = seconds.toFixed(2);
}
setInterval(tick, 100);

function finish(judgement, about) {
  const told = summary.show(judgement, about);
  bars.show(judgement.probabilities, { state: told.state, seq: "summary" });
  $("result-sentence").focus({ preventScroll: true });
}

// --- Recording ---

function record() {
  const code = obstacle({ mediaDevices: navigator.mediaDevices, MediaRecorder: globalThis.MediaRecorder, isSecureContext });
  if (code) return dispatch({ type: "failed", error: { code } });
  if (!dispatch({ type: "record" })) return;
  samples.silence();
  samples.choose(null);
  warn("");
  spoken = "";
  bars.clear();
  waveform.clear();
  mfcc.clear();
  session = new Session(live, config, heard);
  tick();
  session.begin();
}

function heard(event) {
  if (event.type === "prediction") return showPrediction(event.prediction);
  if (event.type === "frames") {
    $("mfcc").hidden = !isLive(state);
    return mfcc.push(event.frames);
  }
  if (event.type === "problem") return warn(sentence(event.code, { limit: config }));
  if (event.type === "ended") {
    warn(sentence(event.code, { limit: config }));
    return stop();
  }
  const before = state.name;
  dispatch(event);
  if (event.type === "started") {
    if (before === "reconnecting") {
      warn("");
      $("state").textContent = strings.reconnected;
    }
    mfcc.clear();
    waveform.follow(session.analyser, () => session.clock.seconds);
  }
  if (event.type === "lost") waveform.stop();
  if (event.type === "failed") session = null;
}

function showPrediction(prediction) {
  if (!["recording", "paused", "stopping"].includes(state.name)) return;
  if (state.name !== "stopping") hear(prediction.state);
  if (prediction.state === "speech") spoken = prediction.emotion;
  bars.show(prediction.probabilities, prediction);
  say();
}

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

async function stop() {
  if (!dispatch({ type: "stop" })) return;
  waveform.stop();
  const ending = session;
  const judgement = await ending.stop();
  if (!dispatch({ type: "summary" })) return;
  finish(judgement, { voice: "yours", name: strings.result.recording, gaps: ending.gaps });
  waveform.showRecording();
}

function cancel() {
  sending?.cancel();
  session?.close();
  session = null;
  dispatch({ type: "cancel" });
  bars.clear();
}

// --- Files ---

async function judge(file, name, { meant = null, onProgress, card = null } = {}) {
  try {
    sending = predict(file, name, { onProgress });
    const judgement = await sending.done;
    if (!dispatch({ type: "answered" })) return;
    if (card) samples.heard(card, judgement);
    finish(judgement, { voice: "clip", name: card ? title(card.name) : name, meant });
    const clip = await decodeClip(file);
    if (state.name !== "result") return;
    if (clip) waveform.showClip(clip);
    else waveform.clear();
  } catch (error) {
    if (error.code !== "cancelled") dispatch({ type: "failed", error: { code: error.code ?? "unknown", where: "file" } });
  } finally {
    sending = null;
  }
}

function beginJudging() {
  if (!dispatch({ type: "judge" })) return false;
  samples.silence();
  samples.choose(null);
  warn("");
  bars.clear();
  waveform.clear();
  return true;
}

async function judgeSample(sample) {
  if (!beginJudging()) return;
  samples.choose(sample);
  goToRecorder();
  let clip;
  try {
    const answer = await fetch(sample.url);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    clip = await answer.blob();
  } catch {
    return dispatch({ type: "failed", error: { code: "sample_gone" } });
  }
  if (state.name === "judging") await judge(clip, sample.url.split("/").at(-1), { meant: sample.emotion, card: sample });
}

async function judgeFiles(files) {
  const [file] = files;
  const code = files.length > 1 ? "many_files" : fault(file, config);
  if (!allowed(state).judge) return;
  if (code) {
    dispatch({ type: "failed", error: { code, where: "file" } });
    goToRecorder();
    return;
  }
  if (!beginJudging()) return;
  upload.progress(file.name, 0);
  await judge(file, file.name, { onProgress: (share) => upload.progress(file.name, share) });
  goToRecorder();
}

// The answer appears there, wherever on the page the question was asked.
function goToRecorder() {
  $("recorder").scrollIntoView({ behavior: calm() ? "auto" : "smooth", block: "start" });
}

// --- Wiring ---

const samples = new Samples({ cards: $("cards"), note: $("samples-note"), more: $("more"), player: $("player") }, judgeSample);
const upload = new Upload({ form: $("drop"), input: $("file"), sending: $("sending"), bar: $("progress"), text: $("sending-text") }, judgeFiles);

for (const [id, act] of Object.entries({ record, pause, resume, stop, cancel })) $(id).addEventListener("click", act);
$("discard").addEventListener("click", () => {
  dispatch({ type: "discard" });
  summary.hide();
  bars.clear();
  samples.choose(null);
  $("record").focus();
});
$("dismiss").addEventListener("click", () => {
  warn("");
  if (state.name === "error") dispatch({ type: "discard" });
  $("record").focus();
});
addEventListener("offline", () => live.renew());
addEventListener("pagehide", () => session?.close());
// Back from the browser's history: the recording has ended when the page was left.
addEventListener("pageshow", (event) => {
  if (event.persisted && (isLive(state) || state.name === "judging")) location.reload();
});

// Better said before the first click than after it.
const missing = obstacle({ mediaDevices: navigator.mediaDevices, MediaRecorder: globalThis.MediaRecorder, isSecureContext });
if (missing) warn(sentence(missing));

document.body.dataset.ready = "true";
samples.load().then(() => samples.enable(allowed(state).judge));
