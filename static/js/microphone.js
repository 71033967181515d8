// The microphone: opened on request only, with everything off that would change how a voice sounds.

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

export class Microphone {
  /**
   * @param {MediaStream} stream
   * @param {() => void} onGone the device was unplugged or its permission withdrawn
   */
  constructor(stream, onGone) {
    this.stream = stream;
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.context.resume();
    for (const track of stream.getTracks()) track.addEventListener("ended", onGone, { once: true });
  }

  /** Asks for it. Rejects with the browser's own error; `reason` names it. */
  static async open(onGone, settings = {}) {
    const ask = (wish) => navigator.mediaDevices.getUserMedia(constraints(wish));
    const stream = await ask(settings).catch((error) => {
      // The chosen one has been unplugged: any other is better than none.
      if (!settings.device || !["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
      return ask({ ...settings, device: "" });
    });
    return new Microphone(stream, onGone);
  }

  /** What the browser really does. */
  get settings() {
    return this.stream.getAudioTracks()[0]?.getSettings() ?? {};
  }

  /** Changes what is done to the sound while it runs; resolves with whether the browser did. */
  async treat(settings) {
    const wish = treatment(settings);
    await this.stream.getAudioTracks()[0]?.applyConstraints({ channelCount: { ideal: 1 }, ...wish }).catch(() => {});
    return TREATMENTS.every((name) => (this.settings[name] ?? false) === wish[name]);
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    this.context.close();
  }
}
