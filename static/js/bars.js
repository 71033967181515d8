// The five bars: a thin wrapper around Chart.js. Shares on a fixed axis from 0 to 100 %, each written as a number above
// its bar and into the table that screen readers (and tests) read. Silence draws as silence: low grey stubs, no numbers.

import { BarController, BarElement, CategoryScale, Chart, LinearScale } from "../vendor/chart.js/chart.js";

import { bare, dressShares, narrow, shares } from "./axes.js";
import { capital, percent } from "./format.js";
import { fitting } from "./labels.js";
import { calm, onThemeChange, palette } from "./palette.js";
import { word } from "./strings.js";
import { winner } from "./timeline.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale);

const STUB = 0.025; // how high a silent bar is drawn
const WEIGHT = 560;
const TIGHT = 60; // CSS pixels from bar to bar: less is too little for "100 %" in full size

// The empty tracks behind the bars and the numbers above them.
const furniture = {
  id: "furniture",
  beforeDatasetsDraw(chart) {
    const { ctx, chartArea } = chart;
    ctx.save();
    ctx.fillStyle = palette().color("track");
    for (const bar of chart.getDatasetMeta(0).data) {
      ctx.beginPath();
      ctx.roundRect(bar.x - bar.width / 2, chartArea.top, bar.width, chartArea.height, 14);
      ctx.fill();
    }
    ctx.restore();
  },
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    const look = palette();
    ctx.save();
    ctx.textAlign = "center";
    ctx.textBaseline = "alphabetic";
    chart.getDatasetMeta(0).data.forEach((bar, index) => {
      const best = chart.options.best === index;
      ctx.font = `${best ? 700 : WEIGHT} ${chart.options.size}px ${look.font}`;
      ctx.fillStyle = look.color(best ? "ink" : "soft");
      ctx.fillText(chart.options.numbers[index], bar.x, chart.chartArea.top - 9);
    });
    ctx.restore();
  },
};

export class Bars {
  #chart;
  #labels;
  #table;
  #shown = null;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLTableElement} table gets a row a label; its data attributes carry the latest values
   * @param {string[]} labels
   */
  constructor(canvas, table, labels) {
    this.#labels = labels;
    this.#table = table;
    table.tBodies[0].replaceChildren(...labels.map((label) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = word(label);
      row.dataset.emotion = label;
      row.append(head, document.createElement("td"));
      return row;
    }));
    this.#chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: labels.map((label) => capital(word(label))),
        datasets: [{ data: labels.map(() => 0), borderRadius: 14, borderSkipped: false, maxBarThickness: 92, categoryPercentage: 0.92, barPercentage: 0.86, minBarLength: 0 }],
      },
      options: {
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        onResize: () => this.#chart && this.#dress(), // a turned phone has room for more, or less
        layout: { padding: { top: 28 } },
        // While bars move, Chart.js puts off a new size to the next frame that it draws; after the last there is none.
        animation: calm() ? false : { duration: 260, easing: "easeOutCubic", onComplete: ({ chart }) => chart.resize() },
        best: -1,
        numbers: labels.map(() => ""),
        size: 15,
        scales: { y: shares(), x: { ...bare(), ticks: { padding: 6, autoSkip: false } } },
      },
      plugins: [furniture],
    });
    this.#dress();
    onThemeChange(() => {
      this.#dress();
      this.#chart.update("none");
    });
    this.clear();
    document.fonts?.ready.then(() => this.#chart.update("none"));
  }

  /**
   * @param {Object<string, number>} probabilities by label
   * @param {{state?: string, emotion?: ?string, seq?: number|string}} [about] `emotion` is the one that the server shows; its
   *   filter may keep it for a moment after another one has become more probable
   */
  show(probabilities, { state = "speech", emotion = null, seq = "" } = {}) {
    this.#shown = state;
    const silent = state === "silence";
    const shares = this.#labels.map((label) => probabilities[label] ?? 0);
    const best = emotion ?? winner(probabilities);
    this.#chart.data.datasets[0].data = silent ? shares.map(() => STUB) : shares;
    this.#chart.options.best = state === "speech" ? this.#labels.indexOf(best) : -1;
    this.#chart.options.numbers = shares.map((share) => (silent ? "–" : percent(share)));
    this.#dress();
    this.#chart.update();
    this.#table.dataset.seq = String(seq);
    this.#table.dataset.state = state;
    this.#table.dataset.winner = state === "speech" ? best : "";
    for (const row of this.#table.tBodies[0].rows) {
      const share = probabilities[row.dataset.emotion] ?? 0;
      row.dataset.share = String(share);
      row.cells[1].textContent = silent ? "–" : percent(share);
    }
  }

  /** Back to empty tracks. */
  clear() {
    this.#shown = null;
    this.#chart.data.datasets[0].data = this.#labels.map(() => 0);
    this.#chart.options.best = -1;
    this.#chart.options.numbers = this.#labels.map(() => "");
    this.#chart.update();
    Object.assign(this.#table.dataset, { seq: "", state: "", winner: "" });
    for (const row of this.#table.tBodies[0].rows) {
      row.dataset.share = "0";
      row.cells[1].textContent = "–";
    }
  }

  #dress() {
    const look = palette();
    const grey = this.#shown === "silence";
    const set = this.#chart.data.datasets[0];
    const faint = this.#shown === "unsure" ? "a6" : ""; // an alpha: what is unsure looks it
    set.backgroundColor = this.#labels.map((label) => (look.color(grey ? "silence" : label) || look.color("accent")) + faint);
    const { ticks } = this.#chart.options.scales.x;
    const { size, tilt } = this.#fit(look);
    ticks.color = look.color(grey ? "soft" : "ink");
    ticks.font = { family: look.font, size, weight: WEIGHT };
    ticks.minRotation = ticks.maxRotation = tilt;
    dressShares(this.#chart, look);
  }

  // Words in other languages are longer, and phones narrower.
  #fit(look) {
    const { canvas, ctx, data, options } = this.#chart;
    const room = canvas.clientWidth / this.#labels.length;
    options.size = room < TIGHT ? 13 : 15;
    if (!narrow(this.#chart)) return { size: 14, tilt: 0 };
    ctx.save();
    ctx.font = `${WEIGHT} 100px ${look.font}`;
    const widths = data.labels.map((word) => ctx.measureText(word).width / 100);
    ctx.restore();
    return fitting(widths, room, 13);
  }
}
