// Wires the watching page together: what the server tells goes through the model, and `render` shows whatever comes out.

import { Announcer, announced } from "./announcer.js";
import { Bars } from "./bars.js";
import { read } from "./config.js";
import { foot } from "./foot.js";
import { clockTime } from "./format.js";
import { groupOf } from "./headline.js";
import { language } from "./language.js";
import { Queue } from "./queue.js";
import { drawStrip, drawTotals } from "./strip.js";
import { strings, word } from "./strings.js";
import { segments, totals } from "./timeline.js";
import { translate } from "./translation.js";
import { initial, newest, next, tokenOf, waits } from "./view.js";
import { Viewer } from "./viewer.js";

const $ = (id) => document.getElementById(id);
translate(document, { language, strings, title: strings.watch_title });
foot(document, { language });
const bars = new Bars($("bars"), $("values"), read(document).labels);
const viewer = new Viewer(tokenOf(location.pathname), dispatch);
const queue = new Queue();
const announcer = new Announcer((text) => {
  $("announcer").textContent = text;
});

const QUIET_MS = 2500; // windows come four times a second

let view = initial;
let waiting = 0;
let silence = 0;

function dispatch(event) {
  const before = view;
  view = next(view, event);
  if (event.type === "refused" && waits(view)) wait(event);
  clearTimeout(silence);
  if (view.state === "live") silence = setTimeout(() => dispatch({ type: "quiet" }), QUIET_MS);
  if (view !== before) render(before);
}

// What is refused for now is asked for again by itself; meanwhile the connection is given back.
function wait({ code, retry_after_s }) {
  viewer.close();
  queue.refused({ code, retry_after_s });
  clearInterval(waiting);
  waiting = setInterval(() => {
    const text = strings.watch.again(Math.ceil(queue.left_s));
    if ($("wait-text").textContent !== text) $("wait-text").textContent = text;
    if (!queue.due) return;
    clearInterval(waiting);
    viewer.open();
  }, 200);
}

function render(before) {
  const { state } = view;
  document.body.dataset.state = state;
  if ($("badge").textContent !== strings.watch.badge[state]) $("badge").textContent = strings.watch.badge[state];
  const words = (["ended", "blocked"].includes(state) && strings.watch.reasons[view.reason]) || strings.watch[state];
  if ($("state").textContent !== words) $("state").textContent = words;
  $("wait-text").hidden = state !== "full";
  $("again").hidden = state !== "missing" && state !== "blocked";
  $("own").hidden = state !== "ended" && state !== "missing";
  if (state === "ended" || state === "missing") viewer.close();
  draw(before);
}

function draw(before) {
  const window = newest(view);
  $("headline").textContent = headline(window);
  document.body.dataset.hearing = window ? groupOf(view.headline.kind) : "";
  if (view.windows === before.windows) return;
  if (window) announcer.heard(announced(window), sentence);
  if (window) bars.show(window.probabilities, window);
  else bars.clear();
  $("over-time").hidden = !window;
  if (!window) return;
  const begin_s = view.windows[0].start_s;
  const parts = segments(view.windows, window.end_s, begin_s);
  drawStrip($("strip"), parts);
  drawTotals($("totals"), totals(parts));
  $("axis-start").textContent = clockTime(begin_s);
  $("axis-end").textContent = clockTime(window.end_s);
}

function headline(window) {
  const words = strings.watch.headline;
  if (words[view.state]) return words[view.state];
  if (!window) return words.waiting;
  return sentence(view.headline.kind);
}

function sentence(kind) {
  return groupOf(kind) === "speech" ? strings.watch.headline.emotion(word(kind)) : strings.headline[kind];
}

$("again").addEventListener("click", () => location.reload());
addEventListener("pagehide", () => viewer.close());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
addEventListener("online", () => viewer.open());

document.body.dataset.ready = "true";
viewer.open();
