// Colours live in the stylesheet alone; canvases read them from there.

/** The custom properties of an element, re-read at each call so that a change of theme shows. */
export function palette(element = document.documentElement) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  return { color: read, font: read("font") };
}

/** Calls back when the system turns light or dark. */
export function onThemeChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
}

/** Whether the visitor asked for less motion. */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
