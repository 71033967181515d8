// The microphone: opened on request only, with everything off that would change how a voice sounds.

/** What stands in the way of recording in this browser at this address, as an error code, or null: pure. */
export function obstacle({ mediaDevices, MediaRecorder, isSecureContext }) {
  if (!mediaDevices?.getUserMedia) return isSecureContext ? "unsupported" : "insecure";
  return MediaRecorder ? null : "unsupported";
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

export const CONSTRAINTS = Object.freeze({
  audio: { channelCount: { ideal: 1 }, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
});

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
  static async open(onGone) {
    return new Microphone(await navigator.mediaDevices.getUserMedia(CONSTRAINTS), onGone);
  }

  close() {
    for (const track of this.stream.getTracks()) track.stop();
    this.context.close();
  }
}
