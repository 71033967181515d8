// A judgement as a file to keep: pure.

/** One row a window, for a spreadsheet (RFC 4180). `other_sound` tells a sound that is no voice from silence. */
export function toCsv(judgement, labels) {
  const head = ["start_s", "end_s", "state", "emotion", ...labels, "other_sound"];
  const rows = judgement.timeline.map((window) => [
    seconds(window.start_s), seconds(window.end_s), window.state, window.emotion ?? "",
    ...labels.map((label) => share(window.probabilities[label])), String(window.other_sound === true),
  ]);
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n").concat("\r\n");
}

/** The HTTP API's object, with the name of what was judged. */
export function toJson(judgement, name) {
  const { file: _, ...told } = judgement;
  return `${JSON.stringify({ file: name, ...told }, null, 2)}\n`;
}

/** "a/My clip.flac" -> "My-clip-emotions.csv": a name that every file system takes. */
export function fileName(name, extension) {
  const bare = name.split(/[\\/]/).at(-1).replace(/\.[a-z0-9]{2,4}$/i, "");
  const plain = bare.normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
  return `${plain || "recording"}-emotions.${extension}`;
}

function seconds(value) {
  return String(Math.round(value * 1000) / 1000);
}

function share(value) {
  return value === undefined ? "" : String(Math.round(value * 1e4) / 1e4);
}

// What begins like a formula would be run by a spreadsheet; an apostrophe makes it text.
function cell(value) {
  const text = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
