// How large the words below the bars are, so that they do not touch: pure.

const APART = 6; // CSS pixels between two words
const LEAST = 10;
const TILT = 38; // degrees, where no size would do

/**
 * @param {number[]} widths of the words, in parts of their size
 * @param {number} room pixels from the middle of one word to the middle of the next
 * @param {number} most the size where there is room enough
 * @returns {{size: number, tilt: number}}
 */
export function fitting(widths, room, most) {
  // A short word leaves room for a long neighbour.
  const widest = Math.max(0, ...widths.slice(1).map((width, index) => (widths[index] + width) / 2));
  const size = widest ? Math.floor(2 * ((room - APART) / widest)) / 2 : most;
  return size < LEAST ? { size: LEAST + 1, tilt: TILT } : { size: Math.min(most, size), tilt: 0 };
}
