// The takes of the cards, and what is going on at them: pure. One take is recorded or judged at a time.
//
//   resting --say--> asking --granted--> listening --recorded--> judging --answered, refused--> resting
//                    asking, listening --cancelled--> resting

const MOVES = {
  resting: { say: "asking", judge: "judging" },
  asking: { granted: "listening", cancelled: "resting" },
  listening: { recorded: "judging", cancelled: "resting" },
  judging: { answered: "resting", refused: "resting" },
};

/** The state after an event; the same one where the event means nothing. */
export function next(state, event) {
  return MOVES[state]?.[event] ?? state;
}

/** The takes of one visitor, in the order in which they were recorded. */
export class Takes {
  all = []; // `kept`: the visitor has confirmed the emotion; `resembles`: what the others suggest; `refused`: an error code
  #ids = 0;

  /** Adds a take, in the place of another one if `instead` is its id. Returns it. */
  add(emotion, sound, { instead = null, reading = false } = {}) {
    this.#ids += 1;
    const take = { id: this.#ids, emotion, sound, reading, kept: false, resembles: null, refused: null };
    const at = this.all.findIndex(({ id }) => id === instead);
    if (at < 0) this.all.push(take);
    else this.all[at] = take;
    return take;
  }

  /** The text read in an ordinary voice is a take of neutral speech; a new reading replaces the old one. */
  read(sound) {
    const before = this.all.find((take) => take.reading);
    return this.add("neutral", sound, { instead: before?.id, reading: true });
  }

  remove(id) {
    this.all = this.all.filter((take) => take.id !== id);
  }

  /** The visitor says that the emotion is right. */
  keep(id) {
    for (const take of this.all) if (take.id === id) Object.assign(take, { kept: true, resembles: null });
  }

  clear() {
    this.all = [];
  }

  of(emotion) {
    return this.all.filter((take) => take.emotion === emotion);
  }

  /** The takes that are sent, by emotion: all but those that the server refused. */
  usable() {
    const groups = {};
    for (const take of this.all) if (!take.refused) (groups[take.emotion] ??= []).push(take);
    return groups;
  }

  /** Notes which takes the others contradict. @param {{doubts: {emotion: string, clip: number, resembles: string}[]}} answer */
  answered({ doubts }) {
    const groups = this.usable();
    for (const take of this.all) take.resembles = null;
    for (const { emotion, clip, resembles } of doubts) {
      const take = groups[emotion]?.[clip];
      if (take && !take.kept) take.resembles = resembles;
    }
  }

  /** Notes which take an error names. Returns whether it names one, so that the others can be sent again. */
  blame({ code, emotion, clip }) {
    const take = this.usable()[emotion]?.[clip];
    if (take) take.refused = code;
    return Boolean(take);
  }
}

const ABOVE_DB = 10; // speech stands so far above the room
const FLOOR_DB = -70;
const LEAST_S = 0.6; // of speech before a pause ends a take
const PAUSE_S = 0.9;
const LONGEST_S = 4; // from the first word
const PATIENCE_S = 7; // without a word

/** When a take is over: after a pause behind the words, after four seconds of them, or without any. */
export class Ending {
  spoken_s = 0;
  #floor = null;
  #began = null;
  #first = null;
  #last = null;
  #at = null;

  /** @param {number} db of the newest moment  @param {number} now seconds  @returns {boolean} whether the take is over */
  hear(db, now) {
    this.#began ??= now;
    const step = now - (this.#at ?? now);
    this.#at = now;
    const level = Math.max(db, FLOOR_DB);
    this.#floor = this.#floor === null ? level : Math.min(level, this.#floor + 2 * step);
    if (level >= this.#floor + ABOVE_DB) {
      this.#first ??= now;
      this.#last = now;
      this.spoken_s += step;
    }
    if (this.#first === null) return now - this.#began >= PATIENCE_S;
    return now - this.#first >= LONGEST_S || (this.spoken_s >= LEAST_S && now - this.#last >= PAUSE_S);
  }
}
