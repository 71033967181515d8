// The last moments as stacked areas: a thin wrapper around Chart.js. Silence is a grey stretch, another sound a dotted one; unsure
// speech is hatched and faint. It moves with each prediction, four times a second, and holds no more than it shows.

import { Chart, Filler, LineController, LineElement, LinearScale, PointElement } from "../vendor/chart.js/chart.js";

import { bare, dressShares, shares } from "./axes.js";
import { fillDotted } from "./dots.js";
import { Flow } from "./flow.js";
import { capital, clockTime } from "./format.js";
import { calm, onThemeChange, palette } from "./palette.js";
import { word } from "./strings.js";

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler);

const CALM_S = 1; // with reduced motion the picture moves once a second
const ROUND = 8;

const marks = {
  id: "marks",
  beforeDatasetsDraw: (chart) => {
    reserve(chart);
    paint(chart, "silence");
    paint(chart, "other");
  },
  afterDatasetsDraw: (chart) => paint(chart, "unsure"),
};

export class Areas {
  #chart;
  #canvas;
  #labels;
  #flow = new Flow();
  #drawn_s = -Infinity;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLUListElement} legend
   * @param {string[]} labels
   */
  constructor(canvas, legend, labels) {
    this.#canvas = canvas;
    this.#labels = labels;
    legend.replaceChildren(...[...labels, "silence", "other", "unsure"].map((kind) => {
      const item = document.createElement("li");
      item.className = `c-${kind}`;
      item.textContent = capital(word(kind));
      return item;
    }));
    this.#chart = new Chart(canvas, {
      type: "line",
      data: {
        datasets: labels.map((label, index) => ({
          label, data: [], fill: index ? "-1" : "origin", pointRadius: 0, borderWidth: 1, tension: 0,
        })),
      },
      options: {
        responsive: true,
        maintainAspectRatio: false,
        animation: false,
        events: [],
        parsing: false,
        normalized: true,
        marks: [],
        until: 0,
        scales: {
          x: {
            type: "linear",
            ...bare(),
            afterBuildTicks: (axis) => {
              axis.ticks = everyTen(axis.min, axis.max);
            },
            ticks: { maxRotation: 0, autoSkip: false, callback: (seconds) => clockTime(seconds) },
          },
          y: shares(),
        },
      },
      plugins: [marks],
    });
    onThemeChange(() => this.#draw());
    this.clear();
  }

  /** @param {import("./timeline.js").Window} window with times of the whole recording */
  add(window) {
    this.#flow.add(window);
    if (window.end_s - this.#drawn_s < (calm() ? CALM_S : 0)) return;
    this.#drawn_s = window.end_s;
    this.#draw();
  }

  clear() {
    this.#flow.clear();
    this.#drawn_s = -Infinity;
    this.#draw();
  }

  #draw() {
    const chart = this.#chart;
    const { from_s, to_s } = this.#flow.range;
    const look = palette();
    const rows = this.#flow.edges(this.#labels);
    chart.data.datasets.forEach((set, index) => {
      set.data = rows[index];
      set.backgroundColor = look.color(this.#labels[index]) || look.color("accent");
      set.borderColor = look.color("card"); // a seam, so that neighbours stay apart for every eye
    });
    const { x } = chart.options.scales;
    Object.assign(x, { min: from_s, max: to_s });
    x.ticks.color = look.color("soft");
    x.ticks.font = { family: look.font, size: 12 };
    dressShares(chart, look);
    chart.options.marks = this.#flow.marks();
    chart.options.until = this.#flow.windows.at(-1)?.end_s ?? from_s;
    chart.update("none");
    Object.assign(this.#canvas.dataset, {
      points: String(rows[0].length), from: from_s.toFixed(2), to: to_s.toFixed(2),
      kinds: [...new Set(chart.options.marks.map((mark) => mark.kind))].join(" "),
    });
  }
}

function everyTen(min, max) {
  const ticks = [];
  for (let value = Math.ceil(min / 10) * 10; value <= max; value += 10) ticks.push({ value });
  return ticks;
}

// What is still to come looks like the bars' empty tracks.
function reserve(chart) {
  const { ctx, chartArea, scales } = chart;
  const left = Math.max(chartArea.left, scales.x.getPixelForValue(chart.options.until));
  if (left >= chartArea.right) return;
  ctx.save();
  ctx.fillStyle = palette().color("track");
  ctx.beginPath();
  ctx.roundRect(left, chartArea.top, chartArea.right - left, chartArea.height, [left > chartArea.left ? 0 : ROUND, ROUND, ROUND, left > chartArea.left ? 0 : ROUND]);
  ctx.fill();
  ctx.restore();
}

function paint(chart, kind) {
  const { ctx, chartArea, scales } = chart;
  const look = palette();
  ctx.save();
  ctx.beginPath();
  ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
  ctx.clip();
  for (const mark of chart.options.marks.filter((one) => one.kind === kind)) {
    const left = Math.max(chartArea.left, scales.x.getPixelForValue(mark.start_s));
    const width = Math.min(chartArea.right, scales.x.getPixelForValue(mark.end_s)) - left;
    if (width <= 0) continue;
    if (kind === "unsure") {
      veil(ctx, look.color("card"), left, chartArea.top, width, chartArea.height);
    } else if (kind === "other") {
      fillDotted(ctx, look, { left, top: chartArea.top, width, height: chartArea.height });
    } else {
      ctx.globalAlpha = 0.45;
      ctx.fillStyle = look.color("silence");
      ctx.fillRect(left, chartArea.top, width, chartArea.height);
    }
  }
  ctx.restore();
}

// Lines at a slope over a faint cover. They stand on the page, not on the stretch, so that they do not dance as it grows.
function veil(ctx, colour, left, top, width, height) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.globalAlpha = 0.4;
  ctx.fillStyle = colour;
  ctx.fillRect(left, top, width, height);
  ctx.globalAlpha = 0.7;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2.5;
  ctx.beginPath();
  for (let x = Math.floor((left - height) / 9) * 9; x < left + width; x += 9) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}
