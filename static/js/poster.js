// A result as one picture to keep: the sentence, the five shares, the waveform over the strip of emotions, and the times.

import { fillDotted } from "./dots.js";
import { capital, moment, percent } from "./format.js";
import { palette } from "./palette.js";
import { ticks } from "./scale.js";
import { strings, word } from "./strings.js";
import { ranked } from "./timeline.js";

const WIDE = 1200;
const TALL = 720;
const EDGE = 56;
const SPAN = WIDE - 2 * EDGE;

/**
 * @param {{judgement: object, told: {sentence: string, parts: object[], sums: object[]}, turns: object[], name: string, peaks: ?Float32Array}} result
 * @returns {Promise<?Blob>} a PNG in the page's present colours
 */
export function drawPoster({ judgement, told, turns, name, peaks }) {
  const canvas = document.createElement("canvas");
  canvas.width = WIDE * 2;
  canvas.height = TALL * 2;
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  const look = palette();
  const pen = { context, look, color: (kind) => look.color(kind === "gap" ? "line" : kind) };
  fill(pen, "card", 0, 0, WIDE, TALL, 0);
  write(pen, strings.result.from(name, judgement.duration_s), EDGE, 70, { size: 20, ink: "soft" });
  write(pen, told.sentence, EDGE, 116, { size: 38, weight: 700 });
  drawShares(pen, judgement, told.state);
  drawTime(pen, { ...told, turns, peaks, duration_s: judgement.duration_s });
  write(pen, strings.player.poster_note, EDGE, TALL - 30, { size: 17, ink: "soft" });
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
}

function drawShares(pen, { probabilities }, state) {
  const [from, step, long] = [158, 38, SPAN - 280];
  ranked(probabilities).forEach(([label, share], index) => {
    const y = from + index * step;
    write(pen, capital(word(label)), EDGE, y + 20, { size: 20, weight: index || state !== "speech" ? 450 : 700 });
    fill(pen, "track", EDGE + 170, y, long, 26, 13);
    if (state === "silence") return; // equal shares of nothing
    fill(pen, label, EDGE + 170, y, Math.max(6, long * share), 26, 13);
    write(pen, percent(share), EDGE + 186 + long, y + 20, { size: 20, weight: index ? 450 : 700 });
  });
}

function drawTime(pen, { parts, sums, turns, peaks, duration_s }) {
  const { context } = pen;
  const x = (seconds) => EDGE + (SPAN * Math.min(seconds, duration_s)) / duration_s;
  const [top, tall] = [376, 120];
  for (const { kind, start_s, end_s } of turns) {
    context.globalAlpha = 0.22;
    fill(pen, kind, x(start_s), top, x(end_s) - x(start_s), tall, 6);
    context.globalAlpha = 1;
    fill(pen, kind, x(start_s), top, x(end_s) - x(start_s), 4, 2);
  }
  const count = Math.floor(SPAN / 6);
  for (let i = 0; peaks && i < count; i += 1) {
    const of = peaks.subarray(Math.floor((i * peaks.length) / count), Math.max(1, Math.floor(((i + 1) * peaks.length) / count)));
    const size = Math.max(3, Math.max(0, ...of) * (tall - 12));
    fill(pen, "accent", EDGE + i * 6, top + 4 + (tall - size) / 2, 4, size, 2);
  }
  for (const { kind, start_s, end_s } of turns) {
    const room = x(end_s) - x(start_s) - 16;
    context.font = font(pen, 17, 650);
    if (context.measureText(word(kind)).width > room) continue; // the strip and the sums below name it
    context.globalAlpha = 0.85;
    fill(pen, "card", x(start_s) + 5, top + 9, context.measureText(word(kind)).width + 12, 25, 6);
    context.globalAlpha = 1;
    write(pen, word(kind), x(start_s) + 11, top + 27, { size: 17, weight: 650 });
  }
  for (const { kind, start_s, end_s } of parts) fill(pen, kind, x(start_s), top + tall + 14, Math.max(1, x(end_s) - x(start_s) - 1), 26, 3);
  for (const seconds of ticks(duration_s, SPAN, 110)) write(pen, moment(seconds, duration_s), x(seconds), top + tall + 64, { size: 16, ink: "soft" });
  let [at, line] = [EDGE, top + tall + 108];
  for (const { kind, seconds } of sums) {
    const text = strings.result.total(word(kind), seconds);
    context.font = font(pen, 20, 450);
    if (at + 26 + context.measureText(text).width > WIDE - EDGE) [at, line] = [EDGE, line + 32];
    fill(pen, kind, at, line - 15, 16, 16, 5);
    at += 26 + write(pen, text, at + 26, line, { size: 20 }) + 30;
  }
}

function fill({ context, color, look }, kind, x, y, width, height, round) {
  context.fillStyle = color(kind === "other" ? "track" : kind);
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(round, width / 2));
  context.fill();
  if (kind === "other") fillDotted(context, look, { left: x, top: y, width, height });
}

function font({ look }, size, weight) {
  return `${weight} ${size}px ${look.font}`;
}

// Returns its width. What is too long for the picture is squeezed.
function write(pen, text, x, y, { size, weight = 450, ink = "ink" }) {
  const { context, color } = pen;
  context.font = font(pen, size, weight);
  context.fillStyle = color(ink);
  context.fillText(text, x, y, WIDE - EDGE - x);
  return context.measureText(text).width;
}
