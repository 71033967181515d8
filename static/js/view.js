// A watched recording: pure. `next(view, event)` answers the new view, or the same object where the event means nothing.
//
//    connecting --watching--> live <--state--> paused       lost, or the server's word: interrupted, until `watching`
//         |                     |                |          or the server's word again
//         +--refused--> missing |                |
//         +--refused--> full ---+--ended--> ended            missing and ended are final; full waits for its turn

export const KEPT = 240; // windows: a minute at four a second

/** Every state's name. */
export const STATES = ["connecting", "live", "paused", "interrupted", "ended", "missing", "full"];

const FINAL = new Set(["ended", "missing"]);

/** The view a page begins with. */
export const initial = Object.freeze({ state: "connecting", windows: Object.freeze([]), recording: false, reason: "" });

const rules = {
  // The acknowledgement of `watch`: the last windows, and whether there is a recording at the moment.
  watching: (view, { predictions = [], recording, interrupted = false }) => ({
    windows: predictions.reduce(add, []),
    recording,
    state: running(recording, interrupted),
  }),
  refused: (view, { code }) => ({ state: { no_view: "missing", full: "full" }[code] ?? "missing" }),
  prediction: (view, { prediction }) => {
    if (!["live", "paused", "interrupted"].includes(view.state)) return null;
    // A prediction is proof that nothing is interrupted (any more). After a pause's beginning the last one is still on its way.
    const state = view.state === "interrupted" ? running(view.recording, false) : view.state;
    return { state, windows: add(view.windows, prediction) };
  },
  state: (view, { recording, interrupted }) => ({ recording, state: running(recording, interrupted) }),
  lost: (view) => ({ state: view.state === "connecting" || view.state === "full" ? view.state : "interrupted" }),
  ended: (view, { reason }) => ({ state: "ended", recording: false, reason: reason ?? "" }),
};

/**
 * The view after an event.
 * @param {{state: string, windows: object[], recording: boolean, reason: string}} view
 * @param {{type: string}} event `watching`, `refused`, `prediction`, `state`, `lost` or `ended`, with the server's payload
 */
export function next(view, event) {
  const change = FINAL.has(view.state) ? null : rules[event.type]?.(view, event);
  return change ? Object.freeze({ ...view, ...change }) : view;
}

/** The newest window, or null. */
export function newest(view) {
  return view.windows.at(-1) ?? null;
}

/** The token in a watching page's address. */
export function tokenOf(pathname) {
  return pathname.split("/").filter(Boolean).at(-1) ?? ""; // tokens are of characters that an address leaves as they are
}

function running(recording, interrupted) {
  if (interrupted) return "interrupted";
  return recording ? "live" : "paused";
}

// A window that ends before the last one is the first of another recording; one that has been seen is not seen twice.
function add(windows, window) {
  const last = windows.at(-1);
  if (last && window.end_s === last.end_s) return windows;
  return last && window.end_s < last.end_s ? [window] : [...windows.slice(1 - KEPT), window];
}
