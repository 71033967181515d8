// The microphone: opened on request only, with everything off that would change how a voice sounds.

import { hears } from "./ear.js";

/** What stands in the way of recording in this browser at this address, as an error code, or null: pure. */
export function obstacle({ navigator, MediaRecorder, AudioContext, isSecureContext }) {
  if (!navigator.mediaDevices?.getUserMedia) return isSecureContext ? "unsupported" : "insecure";
  return MediaRecorder && AudioContext ? null : "unsupported";
}

/** The error code for what getUserMedia threw: pure. */
export function reason(error) {
  switch (error?.name) {
    case "NotFoundError":
    case "OverconstrainedError":
      return "no_microphone";
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotReadableError":
    case "AbortError":
      return "microphone_busy";
    default:
      return "unknown";
  }
}

/** What browsers may do to a voice before anyone hears it. All of it changes how the voice sounds, so that it is off at first. */
export const TREATMENTS = Object.freeze(["echoCancellation", "noiseSuppression", "autoGainControl"]);

/**
 * Settings -> what getUserMedia is asked for: pure.
 * @param {{device?: string, echoCancellation?: boolean, noiseSuppression?: boolean, autoGainControl?: boolean}} [settings]
 */
export function constraints(settings = {}) {
  const audio = { channelCount: { ideal: 1 }, ...treatment(settings) };
  if (settings.device) audio.deviceId = { exact: settings.device };
  return { audio };
}

function treatment(settings) {
  return Object.fromEntries(TREATMENTS.map((name) => [name, settings[name] === true]));
}

export const NAMELESS = new Set(["default", "communications"]); // Chromium's second names for devices that are listed anyway

/**
 * How many microphones there are: pure.
 * @param {MediaDeviceInfo[]} devices
 */
export function count(devices) {
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && !NAMELESS.has(deviceId)).length;
}

const PATIENCE_MS = 500; // for the socket: most browsers have it at once, and nobody should wait long for it

/**
 * A microphone that can be changed for another while it is recorded. What is recorded is not the microphone's own stream but that
 * of a socket, into which one microphone after another is plugged: a recorder's stream must never change its tracks. Where the
 * browser does not let the socket run (in time), the microphone itself is recorded, and stays; and where there is no other one: the
 * socket's way to the chart is 50 ms longer.
 */
export class Microphone {
  /** Fulfilled once it hears something, and can be recorded. */
  ready = Promise.resolve();

  #context;
  #socket;
  #onGone;
  #recorded = null;
  #plugged = null; // the microphone's own stream,
  #plug = null; // its end in the socket,
  #device = ""; // and which one was asked for
  #asking = false;
  #several = false; // microphones to choose from
  #changes = Promise.resolve();

  /**
   * @param {AudioContext} context
   * @param {() => void} onGone the device was unplugged or its permission withdrawn
   */
  constructor(context, onGone) {
    this.#context = context;
    this.#onGone = onGone;
    this.#socket = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: "explicit" });
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.analyser.connect(this.#socket);
  }

  /**
   * Asks for it. Rejects with the browser's own error; `reason` names it.
   * @param {() => void} onGone
   * @param {{device?: string}} [settings]
   */
  static async open(onGone, settings = {}) {
    const context = new AudioContext(); // begins to run while the visitor is asked, by the click that brought us here
    try {
      const microphone = new Microphone(context, onGone);
      microphone.#take(await ask(settings), settings.device);
      microphone.#several = count(await navigator.mediaDevices.enumerateDevices?.().catch(() => []) ?? []) > 1;
      const running = Promise.race([microphone.#wake(), new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS); })]);
      microphone.ready = Promise.all([running, hears(microphone.#plugged, context)]);
      return microphone;
    } catch (error) {
      context.close();
      throw error;
    }
  }

  /** What a recorder should record from now on. */
  get stream() {
    this.#recorded = this.#several && this.#context.state === "running" ? this.#socket.stream : this.#plugged;
    return this.#recorded;
  }

  /**
   * Another microphone, or other treatment of its sound, while it runs.
   * @returns {Promise<string>} `now`: it is so; `unable`: this browser or microphone cannot; `kept`: the other could not be opened,
   *   and it goes on with the one before; `later`: not in this recording
   */
  change(settings) {
    this.#changes = this.#changes.then(() => this.#change(settings)); // one after the other
    return this.#changes;
  }

  close() {
    stop(this.#plugged);
    this.#context.close();
  }

  async #change(settings) {
    const device = settings.device ?? "";
    const same = device === this.#device;
    if (same && (await treat(this.#plugged, settings))) return "now";
    if (this.#recorded !== this.#socket.stream) return "later";
    this.#asking = true; // there are browsers where the second microphone silences the first
    const stream = await ask(settings).catch(() => null);
    if (stream) await hears(stream, this.#context); // until then the one before does
    this.#asking = false;
    if (this.#context.state === "closed") {
      stop(stream);
      return "later";
    }
    if (!stream) {
      if (this.#plugged.getTracks().some((track) => track.readyState === "ended")) this.#onGone();
      return same ? "later" : "kept";
    }
    this.#take(stream, device);
    return same && !treats(stream, settings) ? "unable" : "now";
  }

  #take(stream, device = "") {
    this.#device = device;
    this.#plug?.disconnect();
    stop(this.#plugged);
    this.#plugged = stream;
    this.#plug = this.#context.createMediaStreamSource(stream);
    this.#plug.connect(this.analyser);
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => {
        if (this.#plugged === stream && !this.#asking) this.#onGone();
      });
      track.addEventListener("unmute", () => this.#wake()); // after a telephone call
    }
  }

  #wake() {
    return this.#context.resume().catch(() => {});
  }
}

async function ask(settings) {
  const open = (wish) => navigator.mediaDevices.getUserMedia(constraints(wish));
  return open(settings).catch((error) => {
    // The chosen one has been unplugged: any other is better than none.
    if (!settings.device || !["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
    return open({ ...settings, device: "" });
  });
}

/** Changes what is done to a stream's sound; resolves with whether the browser did. */
async function treat(stream, settings) {
  const wish = { channelCount: { ideal: 1 }, ...treatment(settings) };
  await stream.getAudioTracks()[0]?.applyConstraints(wish).catch(() => {});
  return treats(stream, settings);
}

function treats(stream, settings) {
  const found = stream.getAudioTracks()[0]?.getSettings() ?? {};
  return Object.entries(treatment(settings)).every(([name, on]) => (found[name] ?? false) === on);
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
