// The page's state machine: pure, no DOM. `next(state, event)` answers the new state, or the same object when the event
// means nothing there, so that a late answer (a click too many, a chunk after Stop) can never put the page in a wrong state.
//
//            record            granted              started
//    idle ------------> asking ---------> connecting --------> recording <----------- resume -----+
//     ^                   |                  |   |               |  |  |                          |
//     |      cancel       | failed           |   | failed        |  |  +-- pause --> paused ------+
//     +-------------------+------------------+   |               |  |                  |  |
//     |                                          v           lost|  | stop        stop |  | resume, link lost meanwhile
//     |                                        error             v  |                  |  v
//     |                                          ^     reconnecting-+--> stopping <----+ reconnecting --started--> recording
//     |                                          |  (started goes                |
//     |       cancel                             |   back to recording)          | summary
//     +------------------ judging ---------------+                               v
//                           |    failed                                        result
//                           +---------------- answered ---------------------------^
//
//    connecting --wait--> queued (no place yet) --started--> recording, or --cancel--> idle
//    reconnecting --stranded--> stranded (no server for long; it is tried on) --again--> reconnecting, --started--> recording,
//    or --stop--> stopping
//
//    record and judge (an upload or a sample clip) start from idle, result and error alike; `failed` leads to error from
//    everywhere (a wrong file may be chosen at any time); discard leads from result and error to idle.

const resting = ["idle", "result", "error"];

/** Every state's name, in the order in which a visitor usually meets them. */
export const STATES = [
  "idle", "asking", "connecting", "queued", "recording", "paused", "reconnecting", "stranded", "stopping", "judging", "result",
  "error",
];

/** The state a page begins in. */
export const initial = Object.freeze({ name: "idle", linked: true });

const table = {
  record: { from: resting, to: "asking" },
  granted: { from: ["asking"], to: "connecting" },
  wait: { from: ["connecting", "stranded"], to: (state) => (state.name === "connecting" ? "queued" : "reconnecting") },
  started: { from: ["connecting", "queued", "reconnecting", "stranded"], to: "recording" },
  pause: { from: ["recording"], to: "paused" },
  resume: { from: ["paused"], to: (state) => (state.linked ? "recording" : "reconnecting") },
  lost: { from: ["recording", "paused", "reconnecting"], to: (state) => (state.name === "paused" ? "paused" : "reconnecting") },
  stranded: { from: ["reconnecting"], to: "stranded" },
  again: { from: ["stranded"], to: "reconnecting" },
  stop: { from: ["recording", "paused", "reconnecting", "stranded"], to: "stopping" },
  summary: { from: ["stopping"], to: "result" },
  judge: { from: resting, to: "judging" },
  answered: { from: ["judging"], to: "result" },
  cancel: { from: ["asking", "connecting", "queued", "judging"], to: "idle" },
  failed: { from: STATES, to: "error" },
  discard: { from: ["result", "error"], to: "idle" },
};

/**
 * The state after an event.
 * @param {{name: string, linked: boolean}} state
 * @param {{type: string, error?: {code: string}, kind?: string}} event
 */
export function next(state, event) {
  const rule = table[event.type];
  if (!rule || !rule.from.includes(state.name)) return state;
  const name = typeof rule.to === "function" ? rule.to(state) : rule.to;
  const following = { name, linked: event.type === "lost" ? false : name === "paused" ? state.linked : true };
  if (name === "error") following.error = event.error ?? { code: "unknown" };
  if (name === "judging") following.kind = event.kind;
  return Object.freeze(following);
}

/** What the visitor may press in a state. */
export function allowed(state) {
  const name = state.name;
  return {
    record: resting.includes(name),
    pause: name === "recording",
    resume: name === "paused",
    stop: table.stop.from.includes(name),
    cancel: table.cancel.from.includes(name),
    again: name === "stranded",
    judge: resting.includes(name),
    discard: name === "result",
  };
}

/** Whether the microphone is in use (or about to be). */
export function isLive(state) {
  return ["connecting", "queued", "recording", "paused", "reconnecting", "stranded", "stopping"].includes(state.name);
}

/** Whether there is (or was a moment ago) a recording that others could watch. */
export function isShareable(state) {
  return ["recording", "paused", "reconnecting", "stranded"].includes(state.name);
}
