// The client of POST /api/v1/speakers: takes in, a voice profile out. The server keeps neither.

import { address } from "./address.js";
import { codeOf } from "./predictions.js";

/** An error of the server, with the take that it names, if it names one. */
export class TeachingError extends Error {
  /** @param {{code: string, emotion?: string, clip?: number}} about */
  constructor({ code, emotion = null, clip = null }) {
    super(code);
    this.code = code;
    this.emotion = emotion;
    this.clip = clip;
  }
}

/**
 * The form that is sent: one file a take, in a field named by its emotion, in the order of the takes: pure.
 * @param {import("./takes.js").Take[]} takes
 */
export function formOf(takes) {
  const form = new FormData();
  for (const { id, emotion, sound } of takes) form.append(emotion, sound, `${emotion}-${id}`);
  return form;
}

/**
 * The answer, or the error in it: pure.
 * @param {number} status
 * @param {?object} body JSON; a proxy's own errors have none
 * @throws {TeachingError}
 */
export function answerOf(status, body) {
  if (status !== 200 || typeof body?.speaker !== "string") throw new TeachingError({ ...body?.error, code: codeOf(status, body) });
  const { speaker, clips = {}, check = null, separates = true, doubts = [] } = body;
  return { speaker, clips, check, separates, doubts };
}

/**
 * @param {import("./takes.js").Take[]} takes
 * @param {{url?: string, signal?: AbortSignal}} [options]
 * @returns {Promise<{speaker: string, clips: Object<string, number>, check: ?{clips: number, untaught: number, taught: number},
 *   separates: boolean, doubts: {emotion: string, clip: number, resembles: string}[]}>}
 * @throws {TeachingError} the server's codes, `server_gone`, or `cancelled`
 */
export async function teach(takes, { url = address("/api/v1/speakers"), signal } = {}) {
  try {
    const answer = await fetch(url, { method: "POST", body: formOf(takes), signal });
    return answerOf(answer.status, await answer.json().catch(() => null));
  } catch (error) {
    if (error instanceof TeachingError) throw error;
    throw new TeachingError({ code: signal?.aborted ? "cancelled" : "server_gone" });
  }
}
