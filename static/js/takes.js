// The takes that teach the model a voice, and the state of teaching: pure. `next(state, event)` returns the new state, or the
// same object where the event means nothing.
//
//               record            opened               recorded              answered
//    resting ----------> opening --------> recording -----------> teaching ------------> resting
//     ^  |                  |                  |                   |   ^ |
//     |  |                  |  cancel, failed  |                   |   +-+ refused: the error names a take, others are left to teach
//     |  |                  v                  v                   v
//     |  |               resting            resting             resting  refused: nothing is left to teach, or no take is named
//     |  |
//     |  +-- remove, read, again --> teaching, where there are takes that the profile does not rest on; else resting
//     +-- forget, from every state: without takes
//
// `keep` changes a take and leaves the state alone. A new take replaces an older one only when the
// server has accepted the new one: until then the older one stays in the list, and so does the profile that rests on it.

/**
 * @typedef {object} Take
 * @property {number} id
 * @property {string} emotion
 * @property {Blob} sound
 * @property {number} seconds
 * @property {boolean} reading whether it is the text that was read aloud in an ordinary voice
 * @property {number[]} replaces takes that go when this one is accepted
 * @property {?string} fault the code of the error that named this take: it is not used
 * @property {?string} resembles the emotion that the other takes suggest for it
 * @property {boolean} kept the visitor has answered that question with "keep"
 */

/** Seconds that the server accepts of one take. */
export const LONGEST_S = 60;

/** Every state's name. */
export const STATES = ["resting", "opening", "recording", "teaching"];

/**
 * The state without takes. `emotion`: the card that is busy. `known`: ids of the takes that the taught profile rests on. `round`
 * counts the requests to teach. `problem`: an error of no take, with the card that it belongs to.
 */
export const initial = Object.freeze({
  name: "resting", emotion: null, replaces: Object.freeze([]), takes: Object.freeze([]), known: Object.freeze([]), round: 0, ids: 0, problem: null,
});

const rules = {
  record: { from: ["resting"], to: (state, { emotion, replaces = null }) => ({ name: "opening", emotion, replaces: chain(state, replaces), problem: null }) },
  opened: { from: ["opening"], to: () => ({ name: "recording" }) },
  cancel: { from: ["opening", "recording"], to: () => rest },
  failed: { from: ["opening", "recording"], to: (state, { code }) => ({ ...rest, problem: { code, emotion: state.emotion } }) },
  recorded: {
    from: ["recording"],
    to: (state, { sound, seconds }) => teach(state, add(state, { emotion: state.emotion, sound, seconds, replaces: state.replaces })),
  },
  read: {
    from: ["resting"],
    to: (state, { emotion, sound, seconds }) => {
      const before = state.takes.filter((take) => !take.reading);
      const read = seconds > LONGEST_S ? { takes: before } : add({ ...state, takes: before }, { emotion, sound, seconds, reading: true });
      return teach(state, read);
    },
  },
  remove: {
    from: ["resting"],
    to: (state, { id }) => {
      const left = state.takes.filter((take) => take.id !== id);
      return left.length < state.takes.length ? teach(state, { takes: left, emotion: state.takes.find((take) => take.id === id).emotion }) : null;
    },
  },
  again: { from: ["resting"], to: (state) => (isStale(state) ? teach(state, { emotion: state.problem?.emotion ?? null }) : null) },
  keep: { from: STATES, to: (state, { id }) => ({ takes: state.takes.map((take) => (take.id === id ? { ...take, kept: true } : take)) }) },
  answered: { from: ["teaching"], to: (state, { doubts = [] }) => ({ ...rest, ...accept(state, doubts) }) },
  refused: {
    from: ["teaching"],
    to: (state, { code, emotion, clip }) => {
      const named = posted(state).filter((take) => take.emotion === emotion)[clip];
      if (!named) return { ...rest, problem: { code, emotion: state.emotion } };
      return teach(state, { takes: state.takes.map((take) => (take === named ? { ...take, fault: code } : take)), emotion: state.emotion });
    },
  },
  forget: { from: STATES, to: (state) => ({ ...initial, round: state.round + 1, ids: state.ids }) },
};

const rest = { name: "resting", emotion: null, replaces: [], problem: null };

/**
 * The state after an event.
 * @param {typeof initial} state
 * @param {{type: string}} event
 */
export function next(state, event) {
  const rule = rules[event.type];
  const change = rule?.from.includes(state.name) ? rule.to(state, event) : null;
  return change ? Object.freeze({ ...state, ...change }) : state;
}

/** The takes that are sent: those without a fault that no other such take replaces. @returns {Take[]} */
export function posted({ takes }) {
  const sound = takes.filter((take) => !take.fault);
  const replaced = new Set(sound.flatMap((take) => take.replaces));
  return sound.filter((take) => !replaced.has(take.id));
}

/** Whether there is anything to teach: the reading alone needs no labels, for it is a calibration. */
export function teachable(state) {
  return posted(state).some((take) => !take.reading);
}

/** Whether there is something to teach that the profile does not rest on. */
export function isStale(state) {
  return teachable(state) && ids(posted(state)) !== state.known.join();
}

/** Whether the visitor should be asked about a take. @param {Take} take */
export function isDoubtful(take) {
  return Boolean(take.resembles) && !take.kept && !take.fault;
}

/**
 * What a card shows: `empty`, `known` (the profile rests on a take of it), `waiting` (it has takes, and none is used), or the
 * state's name where that card is busy.
 * @returns {{name: string, takes: Take[], problem: ?string}}
 */
export function cardOf(state, emotion) {
  const takes = state.takes.filter((take) => take.emotion === emotion);
  const known = takes.some((take) => state.known.includes(take.id));
  const busy = state.name !== "resting" && state.emotion === emotion;
  return {
    name: busy ? state.name : known ? "known" : takes.length ? "waiting" : "empty",
    takes,
    problem: state.problem?.emotion === emotion ? state.problem.code : null,
  };
}

function ids(takes) {
  return takes.map((take) => take.id).join();
}

// A take that replaces a refused one replaces what that was to replace, too.
function chain({ takes }, id) {
  return id === null ? [] : [id, ...(takes.find((take) => take.id === id)?.replaces ?? [])];
}

function add(state, about) {
  const take = { reading: false, replaces: [], fault: null, resembles: null, kept: false, ...about, id: state.ids + 1 };
  return { takes: [...state.takes, take], ids: take.id, emotion: take.emotion };
}

// With what is left, the server is asked again; where only the reading is left, no taught profile stays.
function teach(state, change) {
  const after = { ...state, ...change };
  if (isStale(after)) return { ...change, name: "teaching", replaces: [], problem: null, round: state.round + 1 };
  return { ...change, ...rest, known: teachable(after) ? state.known : [] };
}

function accept(state, doubts) {
  const used = posted(state);
  const doubtOf = (take) => {
    const place = used.filter((other) => other.emotion === take.emotion).indexOf(take);
    return doubts.find(({ emotion, clip }) => emotion === take.emotion && clip === place)?.resembles ?? null;
  };
  const replaced = new Set(used.flatMap((take) => take.replaces));
  const takes = state.takes.filter((take) => !replaced.has(take.id));
  return { takes: takes.map((take) => (take.fault ? take : { ...take, replaces: [], resembles: doubtOf(take) })), known: used.map((take) => take.id) };
}
