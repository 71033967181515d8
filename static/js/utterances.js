// What was said in one go, and how it sounded: pure. Silence and other sounds part utterances, and so does a change of the voice
// that lasts; a moment of another kind in the middle of an utterance is part of it.

import { segments } from "./timeline.js";

const LASTING_S = 1.5;
const LEAD_S = 0.4; // a voice has been heard for about so long when a window first says so

/**
 * @param {import("./timeline.js").Window[]} windows in order of their ends
 * @param {number} duration_s of the whole recording
 * @returns {{kind: string, start_s: number, end_s: number}[]} each of the kind it was for longest: an emotion or "unsure"
 */
export function utterances(windows, duration_s) {
  const found = [];
  let open = null;
  let quiet_s = 0;
  for (const part of segments(windows, duration_s)) {
    const seconds = part.end_s - part.start_s;
    if (["silence", "other", "gap"].includes(part.kind)) {
      open = null;
      quiet_s = part.kind === "gap" ? 0 : seconds;
      continue;
    }
    const turns = open && part.kind !== open.kind && seconds >= LASTING_S && part.start_s - open.start_s >= LASTING_S;
    if (!open || turns) {
      const lead_s = open ? 0 : Math.min(LEAD_S, quiet_s);
      open = { kind: part.kind, start_s: part.start_s - lead_s, end_s: part.start_s, shares: new Map() };
      found.push(open);
    }
    open.end_s = part.end_s;
    open.shares.set(part.kind, (open.shares.get(part.kind) ?? 0) + seconds);
    open.kind = [...open.shares].reduce((best, share) => (share[1] > best[1] ? share : best))[0];
  }
  return found.map(({ kind, start_s, end_s }) => ({ kind, start_s, end_s }));
}
