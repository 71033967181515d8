// A watched recording: pure. `next(view, event)` answers the new view, or the same object where the event means nothing.
//
//    connecting --watching--> live <--state, quiet, prediction--> paused
//         |                     |                                   |
//         |                     +--lost, or the server's word--> interrupted --watching, prediction, state--> live or paused
//         |                     +--ended--> ended
//         +--refused--> missing, or full (which waits for its turn)            missing and ended are final
//         +--blocked--> blocked (no WebSocket; tried again and again) --watching--> live

import { follow, initial as silent } from "./headline.js";

export const KEPT = 240; // windows: a minute at four a second

/** Every state's name. */
export const STATES = ["connecting", "blocked", "live", "paused", "interrupted", "ended", "missing", "full"];

const FINAL = new Set(["ended", "missing"]);
const GONE = new Set(["no_view", "bad_message"]); // other refusals are healed by time

/** The view a page begins with. */
export const initial = Object.freeze({ state: "connecting", windows: Object.freeze([]), headline: silent, recording: false, reason: "" });

const rules = {
  blocked: (view, { code }) => (view.state === "connecting" ? { state: "blocked", reason: code } : null),
  // The acknowledgement of `watch`: the last windows, and whether there is a recording at the moment.
  watching: (view, { predictions = [], recording, interrupted = false }) => ({
    ...predictions.reduce(add, { windows: [], headline: silent }),
    recording,
    state: running(recording, interrupted),
  }),
  refused: (view, { code }) => {
    if (code === "full") return { state: "full" };
    if (!GONE.has(code)) return { state: seen(view) ? "interrupted" : "connecting" }; // not now: it is asked again
    return { state: seen(view) ? "ended" : "missing" };
  },
  // A prediction is proof that nothing is interrupted (any more); the last ones may come after the recording's end.
  prediction: (view, { prediction }) => (["live", "paused", "interrupted"].includes(view.state)
    ? { state: running(view.recording, false), ...add(view, prediction) } : null),
  // Nothing has come for a while: the speaker has paused.
  quiet: (view) => (view.state === "live" ? { state: "paused" } : null),
  state: (view, { recording, interrupted }) => ({ recording, state: running(recording, interrupted) }),
  lost: (view) => ({ state: ["connecting", "blocked", "full"].includes(view.state) ? view.state : "interrupted" }),
  ended: (view, { reason }) => ({ state: "ended", recording: false, reason: reason ?? "" }),
};

/**
 * The view after an event.
 * @param {{state: string, windows: object[], recording: boolean, reason: string}} view
 * @param {{type: string}} event `blocked`, `watching`, `refused`, `prediction`, `state` or `ended` with the server's payload; `lost`, `quiet`
 */
export function next(view, event) {
  const change = FINAL.has(view.state) ? null : rules[event.type]?.(view, event);
  return change ? Object.freeze({ ...view, ...change }) : view;
}

/** The newest window, or null. */
export function newest(view) {
  return view.windows.at(-1) ?? null;
}

/** Whether to ask again later. */
export function waits(view) {
  return ["full", "connecting", "blocked", "interrupted"].includes(view.state);
}

/** The token in a watching page's address. */
export function tokenOf(pathname) {
  return pathname.split("/").filter(Boolean).at(-1) ?? ""; // tokens are of characters that an address leaves as they are
}

function seen(view) {
  return view.windows.length > 0;
}

function running(recording, interrupted) {
  if (interrupted) return "interrupted";
  return recording ? "live" : "paused";
}

// A window that ends before the last one is the first of another recording; one that has been seen is not seen twice.
function add({ windows, headline }, window) {
  const last = windows.at(-1);
  if (last && window.end_s === last.end_s) return { windows, headline };
  if (last && window.end_s < last.end_s) return { windows: [window], headline: follow(silent, window) };
  return { windows: [...windows.slice(1 - KEPT), window], headline: follow(headline, window) };
}
