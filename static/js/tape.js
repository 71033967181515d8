// The recorder's bytes, kept in the browser's memory so that a recording can be played when it has ended. Nothing else has
// them: they are not stored, and gone when the tape is.
//
// Each connection has a recorder of its own, so that a recording that lost its connection consists of several byte streams.
// Put end to end they are no file. So each part knows when it began, and sound.js decodes them one by one and lays their
// samples where they belong; where nothing was recorded it is silent.

const MOST_BYTES = 32e6; // over an hour at the recorder's 48 kbit/s
const MOST_CHUNKS = 64; // then they become one: a minute has 500, and each would be an object of its own

export class Tape {
  /** @type {{at_s: number, type: string, chunks: Blob[]}[]} */
  parts = [];
  /** Whether the recording has grown too long to be kept to its end. */
  full = false;

  #left;

  constructor(most_bytes = MOST_BYTES) {
    this.#left = most_bytes;
  }

  /** A new recorder begins, so many seconds into the recording. */
  begin(at_s, type) {
    this.parts.push({ at_s, type, chunks: [] });
  }

  /** @param {Blob} chunk the present recorder's next bytes */
  add(chunk) {
    this.#left -= chunk.size;
    if (this.#left < 0) this.full = true; // and so it stays: a stream with a hole in it cannot be read
    if (this.full) return;
    const { chunks } = this.parts.at(-1);
    chunks.push(chunk);
    if (chunks.length >= MOST_CHUNKS) chunks.splice(0, chunks.length, new Blob(chunks));
  }
}
