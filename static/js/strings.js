// The catalogue in the visitor's language, and what is looked up in it. Static texts stand in templates/ in English too, so
// that the pages read well before (or without) scripts; tests/js/strings.test.js keeps the two equal.

import { language } from "./language.js";

const { default: catalogue } = await import(`./catalogue/${language}.js`);

export const strings = catalogue;

/** An error's sentence. `where` is "live", "start", "file" or "take"; `limit` holds the page's configuration. */
export function sentence(code, { where = "live", limit = {} } = {}) {
  const special = {
    "start:draining": "draining_start",
    "start:unsupported_media": "undecodable_live",
    "live:undecodable": "undecodable_live",
    "file:too_long": "too_long_file",
  };
  if (where === "take") return strings.teach.refused[code] ?? strings.teach.refused.other;
  const found = strings.errors[special[`${where}:${code}`] ?? code] ?? strings.errors.unknown;
  return typeof found === "function" ? found(limit) : found;
}

/** An emotion's or kind's word. Labels that the catalogue lacks stand for themselves. */
export function word(kind) {
  return strings.emotions[kind] ?? strings.kinds[kind] ?? kind;
}
