// Puts a catalogue's texts on a page: into elements with `data-text`, and on labels of those with `data-label`.

/**
 * @param {Document} document
 * @param {{language: string, strings: object, title: string}} into `title` is the document's
 */
export function translate(document, { language, strings, title }) {
  document.documentElement.lang = language;
  document.title = title;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = strings[element.dataset.text];
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", strings[element.dataset.label]);
  }
}
