// How numbers are written on the page, in its language: pure. A number and its unit stay on one line.

import { language } from "./language.js";

const GAP = "\u00a0"; // a space at which no line is broken

const whole = new Intl.NumberFormat(language, { useGrouping: true, maximumFractionDigits: 0 });
const hundredths = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const lists = new Intl.ListFormat(language, { type: "conjunction" });

/** ["happy", "sad"] -> "happy and sad". */
export function listed(words) {
  return lists.format(words);
}

/** 0 -> "0:00", 75.9 -> "1:15", 3600 -> "1:00:00". Whole seconds, never rounded up. */
export function clockTime(seconds) {
  const passed = Math.max(0, Math.floor(seconds + 1e-6));
  const hours = Math.floor(passed / 3600);
  const minutes = Math.floor((passed % 3600) / 60);
  const rest = String(passed % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** 3.24 -> "3.2 s", 75 -> "1:15". */
export function duration(seconds) {
  return seconds < 60 ? `${tenths.format(seconds)}${GAP}s` : clockTime(seconds);
}

/** A time within a whole of so many seconds: 3.24 -> "3.2 s" of 20, "0:03" of 75. */
export function moment(seconds, whole) {
  return whole < 60 ? duration(seconds) : clockTime(seconds);
}

/** 4 -> "4 s", 75 -> "1:15": without tenths. */
export function wholeDuration(seconds) {
  return seconds < 60 ? `${Math.floor(seconds)}${GAP}s` : clockTime(seconds);
}

/** 7493 -> "7,493", as the language groups it. */
export function count(number) {
  return whole.format(number);
}

/** 6.09 -> "6.1". */
export function tenth(number) {
  return tenths.format(number);
}

/** 0.154 -> "0.15". */
export function hundredth(number) {
  return hundredths.format(number);
}

/** 0.714 -> "71 %". */
export function percent(share) {
  return `${Math.round(share * 100)}${GAP}%`;
}

/** 5000 -> "5 KB", 3500000 -> "3.5 MB". */
export function bytes(count) {
  if (count < 1e3) return `${count}${GAP}bytes`;
  if (count < 1e6) return `${Math.round(count / 1e3)}${GAP}KB`;
  return `${tenths.format(count / 1e6)}${GAP}MB`;
}

/** "angry" -> "Angry". */
export function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
