// What the pictures of Chart.js have in common: the axis of shares, and how an axis looks in the page's colours.

import { percent } from "./format.js";

const NARROW = 420; // CSS pixels: below, there is no room for the axis of shares

/** From 0 to 100 %. */
export function shares() {
  return { ...bare(), min: 0, max: 1, ticks: { stepSize: 0.5, padding: 4, callback: (share) => percent(share) } };
}

/** An axis without lines. */
export function bare() {
  return { grid: { display: false }, border: { display: false } };
}

/**
 * @param {import("chart.js").Chart} chart
 * @param {{font: string, color: (name: string) => string}} look
 */
export function dressShares(chart, look) {
  const { y } = chart.options.scales;
  y.display = !narrow(chart);
  y.ticks.color = look.color("soft");
  y.ticks.font = { family: look.font, size: 12 };
}

/** Whether there is no room for it. */
export function narrow(chart) {
  return chart.canvas.clientWidth < NARROW;
}
