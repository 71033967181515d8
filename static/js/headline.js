// Which headline the page shows: pure. The server filters the emotions over time. The page adds one rule: a headline stays for at
// least STAY_S of the recording, so that a short pause between words does not replace it. The rule only removes changes.

import { kindOf } from "./timeline.js";

const STAY_S = 1;
const PATIENCE_S = 5; // of speech without an emotion; the page then admits that the server is unsure

/** The headline of a recording without windows. */
export const initial = Object.freeze({ kind: "listening", since_s: -Infinity, end_s: 0, speech_s: 0, named: false });

/**
 * Returns the headline after a window.
 * @param {{kind: string, since_s: number, end_s: number, speech_s: number, named: boolean}} shown the headline before the window;
 *   `kind` is an emotion, "silence", "other", "unsure", or "listening" before the first emotion
 * @param {import("./timeline.js").Window} window with times of the whole recording
 */
export function follow(shown, window) {
  const { start_s, end_s } = window;
  const speaks = window.state !== "silence";
  const speech_s = shown.speech_s + (speaks ? Math.max(0, end_s - Math.max(shown.end_s, start_s)) : 0);
  const named = shown.named || window.state === "speech";
  const listens = !named && window.state === "unsure" && speech_s < PATIENCE_S;
  const wanted = listens ? "listening" : kindOf(window);
  const stays = wanted === shown.kind || (shown.kind !== "listening" && end_s - shown.since_s < STAY_S);
  return Object.freeze({
    kind: stays ? shown.kind : wanted, since_s: stays ? shown.since_s : end_s, end_s, speech_s, named,
  });
}

/** The group of a headline, for styles and sentences: "speech" for each emotion. */
export function groupOf(kind) {
  return ["listening", "silence", "other", "unsure"].includes(kind) ? kind : "speech";
}
