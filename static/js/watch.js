// Wires the watching page together: what the server tells goes through the model, and `render` shows whatever comes out.

import { Bars } from "./bars.js";
import { read } from "./config.js";
import { clockTime } from "./format.js";
import { Queue } from "./queue.js";
import { drawStrip, drawTotals } from "./strip.js";
import { strings, word } from "./strings.js";
import { segments, totals } from "./timeline.js";
import { initial, newest, next, tokenOf } from "./view.js";
import { Viewer } from "./viewer.js";

const $ = (id) => document.getElementById(id);
const bars = new Bars($("bars"), $("values"), read(document).labels);
const viewer = new Viewer(tokenOf(location.pathname), dispatch);
const queue = new Queue();

let view = initial;
let waiting = 0;

function dispatch(event) {
  const before = view;
  view = next(view, event);
  if (event.type === "refused" && view.state === "full") wait(event);
  if (view !== before) render(before);
}

// A full view is tried again by itself; meanwhile the connection is given back.
function wait({ code, retry_after_s }) {
  viewer.close();
  queue.refused({ code, retry_after_s });
  clearInterval(waiting);
  waiting = setInterval(() => {
    $("wait-text").textContent = strings.watch.again(Math.ceil(queue.left_s));
    if (!queue.due) return;
    clearInterval(waiting);
    viewer.open();
  }, 200);
}

function render(before) {
  const { state } = view;
  document.body.dataset.state = state;
  if ($("badge").textContent !== strings.watch.badge[state]) $("badge").textContent = strings.watch.badge[state];
  if ($("state").textContent !== strings.watch[state]) $("state").textContent = strings.watch[state];
  $("wait-text").hidden = state !== "full";
  $("again").hidden = state !== "missing";
  if (state === "ended" || state === "missing") viewer.close();
  draw(before);
}

function draw(before) {
  const window = newest(view);
  $("headline").textContent = headline(window);
  document.body.dataset.hearing = window?.state ?? "";
  if (view.windows === before.windows) return;
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
  return { speech: words.emotion(word(window.emotion)), silence: strings.headline.silence, unsure: strings.headline.unsure }[window.state];
}

$("again").addEventListener("click", () => location.reload());
addEventListener("pagehide", () => viewer.close());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
addEventListener("online", () => viewer.open());

document.body.dataset.ready = "true";
viewer.open();
