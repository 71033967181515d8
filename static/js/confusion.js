// A confusion matrix: rows are what was meant, columns what was heard. All but `drawConfusion` is pure.


/**
 * Each row as shares of its sum; a row without clips is null.
 * @param {number[][]} counts
 * @returns {(number[] | null)[]}
 */
export function shares(counts) {
  return counts.map((row) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return sum ? row.map((count) => count / sum) : null;
  });
}

/**
 * What is heard best and worst, and what is most often taken for something else.
 * @returns {{best: [number, number], worst: [number, number], mistake: [number, number, number]} | null} indices and shares
 */
export function telling(counts) {
  const rows = shares(counts).map((row, meant) => ({ row, meant })).filter(({ row }) => row);
  if (!rows.length) return null;
  const right = rows.map(({ row, meant }) => [meant, row[meant]]).sort((a, b) => b[1] - a[1]);
  const wrong = rows.flatMap(({ row, meant }) => row.map((share, heard) => [meant, heard, share])).filter(([meant, heard]) => meant !== heard);
  const mistake = wrong.reduce((most, next) => (next[2] > most[2] ? next : most), [0, 0, 0]);
  return { best: right[0], worst: right.at(-1), mistake };
}

/**
 * @param {HTMLTableElement} table with a head and a body
 * @param {{counts: number[][], words: string[], corner: string, none: string, clips: (count: number, of: number) => string}} what
 */
export function drawConfusion(table, { counts, words, corner, none, clips }) {
  const head = document.createElement("tr");
  head.append(heading("col", corner), ...words.map((word) => heading("col", word)));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...shares(counts).map((row, meant) => {
    const line = document.createElement("tr");
    line.append(heading("row", words[meant]));
    if (row) line.append(...row.map((share, heard) => cell(share, clips(counts[meant][heard], sum(counts[meant])), meant === heard)));
    else line.append(empty(words.length, none));
    return line;
  }));
}

function heading(scope, text) {
  const element = document.createElement("th");
  const inner = document.createElement("span");
  element.scope = scope;
  inner.textContent = text;
  element.append(inner);
  return element;
}

function cell(share, exactly, right) {
  const element = document.createElement("td");
  element.className = right ? "right" : "";
  element.style.setProperty("--share", `${Math.round(share * 100)}%`);
  element.title = exactly;
  const more = document.createElement("span");
  more.className = "hidden";
  more.textContent = ` (${exactly})`;
  element.append(String(Math.round(100 * share)), more);
  return element;
}

function empty(width, text) {
  const element = document.createElement("td");
  element.colSpan = width;
  element.className = "none";
  element.textContent = text;
  return element;
}

const sum = (row) => row.reduce((a, b) => a + b, 0);
