// What stands around a recording: the microphone's settings and level, the last moments as areas, shortcuts, and the
// profile of a voice. The page tells it of each state and of what is heard.

import { Areas } from "./areas.js";
import { Devices } from "./devices.js";
import { Meter } from "./meter.js";
import { Shortcuts } from "./shortcuts.js";
import { allowed, isLive } from "./state.js";
import { strings } from "./strings.js";
import { VoicePanel, note } from "./voicepanel.js";

export class Studio {
  #find;
  #areas;
  #meter;
  #devices;
  #panel;
  #speakers;
  #onVoice;
  #following = null;
  #resting = true;

  /**
   * @param {Document} root
   * @param {import("./live.js").Live} live
   * @param {{labels: string[]}} config
   * @param {() => void} onVoice another profile is in use, or none
   */
  constructor(root, live, config, onVoice) {
    const find = (this.#find = (id) => root.getElementById(id));
    this.#areas = new Areas(find("areas-picture"), find("areas-legend"), config.labels);
    this.#meter = new Meter(find("level"), find("level-hint"));
    this.#devices = new Devices({
      field: find("device-field"), select: find("device"), note: find("device-note"),
      switches: [...root.querySelectorAll("[data-treatment]")],
    });
    new Shortcuts(root, { dialog: find("help"), open: find("help-open"), close: find("help-close"), toggle: find("help-keys") });
    const panel = (this.#panel = new VoicePanel(find, { live, config, settings: () => this.#devices.settings, changed: () => this.#showVoice() }));
    this.#speakers = panel.speakers;
    this.#onVoice = onVoice;
    find("teach").addEventListener("click", () => panel.open());
    find("voice-switch").addEventListener("click", () => {
      this.#speakers.turn(!this.#speakers.kept.on);
      this.#showVoice();
    });
    this.#showVoice();
  }

  /** @param {?object} report the model's, of /api/v1/model */
  inform(report) {
    this.#panel.inform(report);
  }

  /** The profile in use, as a text, or null. */
  get speaker() {
    return this.#speakers.speaker;
  }

  /** What the next recording wishes for: see session.js. */
  get wishes() {
    return {
      settings: this.#devices.settings,
      speaker: this.speaker,
      onUnknownVoice: () => {
        this.#panel.forget();
        this.#find("voice-note").textContent = strings.studio.voice.unknown;
      },
    };
  }

  /** @param {{name: string}} state  @param {?import("./session.js").Session} session */
  show(state, session) {
    const resting = allowed(state).record;
    const heard = ["recording", "paused", "reconnecting", "stranded", "stopping"].includes(state.name);
    this.#resting = resting;
    this.#showControls();
    this.#find("level-box").hidden = !heard;
    this.#find("areas").hidden = !heard;
    if (state.name === "asking") this.#areas.clear();
    this.#devices.use(isLive(state) ? session : null);
    const following = state.name === "recording" ? session?.analyser ?? null : null;
    if (following === this.#following) return;
    this.#following = following;
    if (following) this.#meter.follow(following);
    else this.#meter.rest();
  }

  /** @param {import("./timeline.js").Window} window with times of the whole recording */
  heard(window) {
    this.#areas.add(window);
  }

  // A recording keeps what it has begun with.
  #showControls() {
    this.#find("teach").hidden = !this.#resting;
    this.#find("voice-switch").hidden = !this.#speakers.kept;
    this.#find("voice-switch").disabled = !this.#resting;
  }

  #showVoice() {
    const { kept } = this.#speakers;
    this.#find("teach").textContent = kept ? strings.studio.voice.again : strings.teach_open;
    this.#showControls();
    this.#find("voice-switch").setAttribute("aria-checked", String(kept?.on === true));
    this.#find("voice-note").textContent = note(kept);
    this.#onVoice();
  }
}
