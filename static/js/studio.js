// What stands around a recording: the microphone's settings and level, the last moments as areas, shortcuts, and the
// calibration to a voice. The page tells it of each state and of what is heard.

import { Areas } from "./areas.js";
import { Calibration, changeOf } from "./calibration.js";
import { Devices } from "./devices.js";
import { duration } from "./format.js";
import { lasting, tab } from "./memory.js";
import { Meter } from "./meter.js";
import { Shortcuts } from "./shortcuts.js";
import { allowed, isLive } from "./state.js";
import { strings } from "./strings.js";
import { Voice } from "./voice.js";
import { learnt } from "./voicepanel.js";

export class Studio {
  #find;
  #areas;
  #meter;
  #devices;
  #calibration;
  #voice = new Voice(tab, lasting);
  #following = null;
  #onVoice = () => {};
  #resting = true;

  /**
   * @param {Document} root
   * @param {import("./live.js").Live} live
   * @param {{labels: string[]}} config
   */
  constructor(root, live, config) {
    const find = (this.#find = (id) => root.getElementById(id));
    this.#areas = new Areas(find("areas-picture"), find("areas-legend"), config.labels);
    this.#meter = new Meter(find("level"), find("level-hint"));
    this.#devices = new Devices({
      field: find("device-field"), select: find("device"), note: find("device-note"),
      switches: [...root.querySelectorAll("[data-treatment]")],
    });
    new Shortcuts(root, { dialog: find("help"), open: find("help-open"), close: find("help-close"), toggle: find("help-keys") });
    const calibration = (this.#calibration = new Calibration(find, {
      live, config, voice: this.#voice, settings: () => this.#devices.settings, changed: () => this.#showVoice(),
    }));
    find("calibrate").addEventListener("click", () => calibration.open());
    find("voice-switch").addEventListener("click", () => {
      this.#voice.turn(!this.#voice.kept.on);
      this.#showVoice();
    });
    find("voice-forget").addEventListener("click", () => {
      this.#voice.forget();
      this.#showVoice();
      find("calibrate").focus();
    });
    this.#showVoice();
  }

  /** @param {?object} report the model's, of /api/v1/model */
  inform(report) {
    this.#calibration.inform(report);
  }

  /** The text of the visitor's profile, or null. */
  get speaker() {
    return this.#voice.speaker;
  }

  /** @param {() => void} listener the profile has changed, or its use */
  onVoice(listener) {
    this.#onVoice = listener;
  }

  /** The server does not know the profile any more. */
  loseVoice() {
    this.#voice.forget();
    this.#showVoice();
    this.#find("voice-note").textContent = strings.studio.voice.unknown;
  }

  /** What the next recording wishes for: see session.js. */
  get wishes() {
    return {
      settings: this.#devices.settings,
      speaker: this.#voice.speaker,
      onUnknownVoice: () => this.loseVoice(),
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
    const kept = this.#voice.kept !== null;
    this.#find("calibrate").hidden = !this.#resting;
    this.#find("voice-forget").hidden = !this.#resting || !kept;
    this.#find("voice-switch").hidden = !kept;
    this.#find("voice-switch").disabled = !this.#resting;
  }

  #showVoice() {
    const { kept } = this.#voice;
    const { again } = strings.studio.voice;
    this.#find("calibrate").textContent = kept ? again : strings.studio_calibrate;
    this.#showControls();
    this.#find("voice-switch").setAttribute("aria-checked", String(kept?.on === true));
    this.#find("voice-note").textContent = kept ? noteOf(kept) : "";
    this.#onVoice();
  }
}

/** What the profile is from, in words. */
function noteOf(kept) {
  const { on, off, taught, file } = strings.studio.voice;
  if (!kept.on) return off;
  if (kept.taught) return taught(learnt(kept.taught));
  return kept.file ? file(kept.file) : `${on(duration(kept.speech_s))} ${changeOf(kept)}`;
}
