// The end of both pages: which language is chosen, and that nobody leaves a recording by mistake.

import { LANGUAGES } from "./language.js";

/** A link of this site that keeps the language asked for in the address: pure. "../#about", "de" -> "../?lang=de#about". */
export function keeping(href, asked) {
  if (!LANGUAGES.includes(asked) || href.startsWith("#")) return href;
  const [path, hash] = href.split("#");
  return `${path}${path.includes("?") ? "&" : "?"}lang=${asked}${hash === undefined ? "" : `#${hash}`}`;
}

/**
 * @param {Document} document
 * @param {{language: string, busy: () => boolean, warning: string}} how `busy`: something would be lost with the page
 */
export function foot(document, { language, busy = () => false, warning = "" }) {
  const asked = new URLSearchParams(document.location.search).get("lang");
  for (const link of document.querySelectorAll("a[data-own]")) link.setAttribute("href", keeping(link.getAttribute("href"), asked));
  const end = document.getElementById("foot");
  for (const link of end.querySelectorAll(".languages a")) {
    if (link.lang === language) link.setAttribute("aria-current", "true");
  }
  const note = document.getElementById("foot-note");
  end.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const stays = !link || link.getAttribute("href").startsWith("#") || event.ctrlKey || event.metaKey || event.shiftKey;
    const kept = !stays && busy();
    if (kept) event.preventDefault();
    note.textContent = kept ? warning : "";
  });
}
