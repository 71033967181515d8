// A strip of time: a coloured stretch for each kind of what was heard, in order.

import { strings, word } from "./strings.js";

/**
 * @param {HTMLOListElement} list
 * @param {{kind: string, start_s: number, end_s: number}[]} parts
 */
export function drawStrip(list, parts) {
  // What is there already is kept: a strip that grows four times a second should not be built anew each time.
  while (list.children.length > parts.length) list.lastElementChild.remove();
  parts.forEach((part, index) => {
    const item = list.children[index] ?? list.appendChild(stretch());
    const text = strings.result.part(word(part.kind), part.start_s, part.end_s);
    item.className = `c-${part.kind}`;
    item.style.flexGrow = (part.end_s - part.start_s).toFixed(3);
    if (item.title === text) return;
    item.title = text;
    item.firstElementChild.textContent = text;
  });
}

/**
 * The seconds of each kind, below the strip.
 * @param {HTMLUListElement} list
 * @param {{kind: string, seconds: number}[]} sums
 */
export function drawTotals(list, sums) {
  list.replaceChildren(...sums.map((sum) => {
    const item = document.createElement("li");
    item.className = `c-${sum.kind}`;
    item.dataset.kind = sum.kind;
    item.dataset.seconds = sum.seconds.toFixed(2);
    item.textContent = strings.result.total(word(sum.kind), sum.seconds);
    return item;
  }));
}

function stretch() {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.className = "hidden";
  item.append(text);
  return item;
}
