// What the server tells the page about itself: the JSON in the page's own `#config`, with defaults for what is absent.

const defaults = {
  labels: ["neutral", "happy", "sad", "angry", "fearful"],
  max_upload_mb: 95,
  max_clip_s: 600,
  timeslice_ms: 120,
  sharing: false,
  root: "/",
};

/** @param {string} text JSON */
export function parse(text) {
  try {
    return Object.freeze({ ...defaults, ...JSON.parse(text || "{}") });
  } catch {
    return Object.freeze({ ...defaults });
  }
}

/** Reads it from the document. */
export function read(document) {
  return parse(document.getElementById("config")?.textContent);
}
