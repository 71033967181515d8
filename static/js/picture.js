// The picture of a finished recording: its waveform with the utterances in it, the strip of emotions and the times below,
// and one cursor over all of it. wavesurfer.js draws the waveform, zooms and scrolls; the rest follows it.

import { moment } from "./format.js";
import { onThemeChange, palette } from "./palette.js";
import { pixelsPerSecond, secondAt, ticks, zoomable } from "./scale.js";
import { strings, word } from "./strings.js";

const TALL = 104; // CSS pixels

// Loaded when it is first needed, and not when it is too late: see `prepare`.
const libraries = () => Promise.all([import("../vendor/wavesurfer.js/wavesurfer.js"), import("../vendor/wavesurfer.js/regions.js")]);

export class Picture {
  #root;
  #nonce;
  #wave = null;
  #duration_s = 1;
  #at_s = 0;
  #times = "";
  #drawn = 0; // counts pictures: a late one must not replace a newer one

  /**
   * @param {{stage: HTMLElement, take: HTMLElement, rail: HTMLElement, long: HTMLElement, axis: HTMLElement, cursor: HTMLElement, strip: HTMLElement}} root
   *   `take` holds the waveform; `rail` shows a part of `long`, which holds the `strip` and the `axis`
   * @param {{nonce: string, onSeek: (seconds: number) => void}} how
   */
  constructor(root, { nonce, onSeek }) {
    this.#root = root;
    this.#nonce = nonce;
    root.stage.addEventListener("click", (event) => {
      const { left } = root.take.getBoundingClientRect();
      onSeek(secondAt(event.clientX - left, { scroll: this.#scroll, width: this.#width, duration_s: this.#duration_s }));
    });
    // The strip may be scrolled by itself (a focus, a search in the page): the waveform goes along.
    root.rail.addEventListener("scroll", () => {
      if (Math.abs(root.rail.scrollLeft - this.#scroll) > 1) this.#wave?.setScroll(root.rail.scrollLeft);
    });
    new ResizeObserver(() => this.#layOut()).observe(root.rail);
    onThemeChange(() => this.#wave?.setOptions(colours()));
  }

  /** Fetches the libraries while there is a server: it may be gone when a recording ends. */
  prepare() {
    libraries().catch(() => {}); // tried again when they are needed
  }

  get zoomable() {
    return Boolean(this.#wave) && zoomable(this.#root.take.clientWidth, this.#duration_s);
  }

  /** Time without a waveform yet. */
  begin(duration_s) {
    this.clear();
    this.#duration_s = Math.max(duration_s, 0.1);
    this.#layOut();
  }

  /**
   * @param {{peaks: ?Float32Array, duration_s: number, judged_s: number, media: HTMLMediaElement, turns: {kind: string, start_s: number, end_s: number}[]}} what
   * @returns {Promise<void>} resolves once it is drawn, or where it cannot be drawn
   */
  async draw({ peaks, duration_s, judged_s, media, turns }) {
    const turn = this.#drawn;
    let loaded;
    try {
      loaded = await libraries();
    } catch {
      return; // offline: strip and cursor do without
    }
    if (turn !== this.#drawn) return;
    const [{ default: WaveSurfer }, { default: Regions }] = loaded;
    this.#duration_s = Math.max(duration_s, 0.1);
    this.#root.strip.style.width = `${Math.min(100, (100 * judged_s) / this.#duration_s)}%`;
    const regions = Regions.create();
    this.#wave = WaveSurfer.create({
      container: this.#root.take,
      cspNonce: this.#nonce,
      height: TALL,
      barWidth: 3,
      barGap: 2,
      barRadius: 2,
      barMinHeight: 3,
      cursorWidth: 0, // ours reaches over the strip as well
      interact: false, // a click on the strip counts too, so that clicks are heard on what holds both
      ...colours(),
      media,
      peaks: [peaks ?? new Float32Array(2)],
      duration: this.#duration_s,
      plugins: [regions],
    });
    for (const event of ["redraw", "scroll", "resize"]) this.#wave.on(event, () => this.#layOut());
    await new Promise((resolve) => {
      this.#wave.once("ready", resolve);
      this.#wave.once("destroy", resolve);
    });
    if (turn !== this.#drawn) return;
    for (const { kind, start_s, end_s } of turns) {
      const label = document.createElement("div");
      const name = label.appendChild(document.createElement("span"));
      name.part = "region-word";
      name.textContent = word(kind);
      const region = regions.addRegion({
        start: start_s, end: Math.min(end_s, this.#duration_s), content: label, drag: false, resize: false,
        color: `color-mix(in srgb, var(--${kind}) 24%, transparent)`,
      });
      region.element.style.setProperty("--tone", `var(--${kind})`);
      region.element.title = strings.result.part(word(kind), start_s, end_s);
    }
    // Zoomed in, the waveform scrolls, and so must be reachable by keyboard.
    const scroller = this.#wave.getWrapper().parentElement;
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "group");
    scroller.setAttribute("aria-label", strings.waveform_heading);
    this.#layOut();
  }

  /** @param {number} level 0 (all) to 1 (close) */
  zoom(level) {
    this.#wave?.zoom(pixelsPerSecond(level, this.#root.take.clientWidth, this.#duration_s));
    this.#layOut();
    this.point(this.#at_s, { show: true });
  }

  /** Puts the cursor at a time; `show`: scrolls there if need be. */
  point(seconds, { show = false } = {}) {
    this.#at_s = seconds;
    const view = this.#root.rail.clientWidth;
    const x = Math.min(1, seconds / this.#duration_s) * this.#width;
    if (show && (x < this.#scroll || x > this.#scroll + view)) this.#wave?.setScroll(Math.max(0, x - view / 2));
    const seen = x - this.#scroll;
    const { cursor } = this.#root;
    cursor.hidden = seen < -1 || seen > view + 1;
    cursor.style.transform = `translateX(${seen.toFixed(2)}px)`;
    cursor.dataset.seconds = seconds.toFixed(3);
  }

  clear() {
    this.#drawn += 1;
    this.#wave?.destroy();
    this.#wave = null;
    this.#root.take.replaceChildren();
    this.#root.long.style.width = "";
    this.#root.strip.style.width = "";
    this.point(0);
  }

  get #scroll() {
    return this.#wave?.getScroll() ?? 0;
  }

  get #width() {
    return this.#wave?.getWrapper().clientWidth || this.#root.rail.clientWidth;
  }

  #layOut() {
    const { rail, long, axis } = this.#root;
    const width = this.#width;
    if (!width) return;
    if (long.clientWidth !== width) long.style.width = `${width}px`;
    rail.scrollLeft = this.#scroll;
    const times = ticks(this.#duration_s, width);
    if (this.#times !== `${times.length} ${times.at(-1)} ${this.#duration_s}`) {
      this.#times = `${times.length} ${times.at(-1)} ${this.#duration_s}`;
      axis.replaceChildren(...times.map((seconds) => {
        const mark = document.createElement("span");
        mark.textContent = moment(seconds, this.#duration_s);
        mark.style.left = `${(100 * seconds) / this.#duration_s}%`;
        return mark;
      }));
    }
    this.point(this.#at_s);
  }
}

function colours() {
  const look = palette();
  return { waveColor: look.color("unsure"), progressColor: look.color("accent") };
}
