// What goes wrong on the live stream.

/** An error with one of the catalogue's codes. */
export class LiveError extends Error {
  constructor(code, message = code, { retry_after_s, cause } = {}) {
    super(message, { cause });
    this.code = code;
    this.retry_after_s = retry_after_s;
  }

  /** What a refusal (or no sensible answer at all) tells. */
  static from(answer) {
    const { code = "unknown", message, ...more } = answer?.error ?? {};
    return new LiveError(code, message, more);
  }
}
