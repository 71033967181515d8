// Which language the page speaks: the first of the visitor's that there is a catalogue for, else English.

/** Those with a catalogue in ./catalogue, English first. */
export const LANGUAGES = Object.freeze(["en", "de", "es"]);

/**
 * The language for a visitor: pure.
 * @param {readonly string[]} wanted as the browser lists them: "de-AT", "en", …
 * @param {?string} asked in the page's address (?lang=es), before all others
 */
export function choose(wanted, asked = null) {
  const short = [asked, ...wanted].map((tag) => String(tag ?? "").toLowerCase().split("-")[0]);
  return short.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** The one of this page. */
export const language = globalThis.document
  ? choose(navigator.languages ?? [navigator.language], new URLSearchParams(location.search).get("lang"))
  : "en";
