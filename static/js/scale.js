// Between seconds and pixels of a picture of time that can be zoomed and scrolled: pure.

const CLOSEST = 120; // pixels a second: closer than that there is nothing more to see
const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/** Pixels a second at a zoom between 0 (all of it in view) and 1 (close), by equal factors. */
export function pixelsPerSecond(zoom, width, duration_s) {
  const all = width / duration_s;
  return all * Math.max(1, CLOSEST / all) ** zoom;
}

/** Whether there is more to see than fits. */
export function zoomable(width, duration_s) {
  return CLOSEST / (width / duration_s) >= 2.5;
}

/** The second under a point `x` pixels from the left of what is in view. */
export function secondAt(x, { scroll, width, duration_s }) {
  return Math.min(duration_s, Math.max(0, ((scroll + x) / width) * duration_s));
}

/** How far an arrow key goes. */
export function nudge(duration_s) {
  return duration_s < 20 ? 0.5 : duration_s < 120 ? 2 : 5;
}

/** The times to write below a picture, `room` pixels or more apart, none so near the end that it would stick out. */
export function ticks(duration_s, width, room = 72) {
  const least = (room * duration_s) / width;
  const step = STEPS.find((size) => size >= least) ?? Math.ceil(least / 600) * 600;
  const found = [];
  for (let i = 0; i * step <= duration_s - least * 0.6 || i === 0; i += 1) found.push(i * step);
  return found;
}
