// What goes wrong on the live stream.

/** An error with one of the catalogue's codes. */
export class LiveError extends Error {
  constructor(code, message = code, retry_after_s = undefined) {
    super(message);
    this.code = code;
    this.retry_after_s = retry_after_s;
  }

  /** What a refusal (or no sensible answer at all) tells. */
  static from(answer) {
    const { code = "unknown", message, retry_after_s } = answer?.error ?? {};
    return new LiveError(code, message, retry_after_s);
  }
}
