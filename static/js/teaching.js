// The HTTP API's POST /speakers: labelled takes in, a profile and a check out.

import { address } from "./address.js";
import { codeOf } from "./predictions.js";

/**
 * @param {Object<string, {sound: Blob}[]>} groups takes by emotion
 * @param {AbortSignal} signal
 * @returns {Promise<{speaker: string, clips: Object<string, number>, check: ?object, separates: boolean, doubts: object[]}>}
 *   rejects with an error that has a `code` (`cancelled` after an abort) and may name the take by `emotion` and `clip`
 */
export async function enrol(groups, signal) {
  const form = new FormData();
  for (const [emotion, takes] of Object.entries(groups)) {
    takes.forEach(({ sound }, index) => form.append(emotion, sound, `${emotion}-${index + 1}`));
  }
  let response;
  let body = null;
  try {
    response = await fetch(address("/api/v1/speakers"), { method: "POST", body: form, signal });
    body = await response.json().catch(() => null);
  } catch {
    throw refusal({ code: signal.aborted ? "cancelled" : "server_gone" });
  }
  if (response.ok && body?.speaker) return body;
  throw refusal({ ...body?.error, code: codeOf(response.status, body) });
}

function refusal({ code, emotion, clip }) {
  return Object.assign(new Error(code), { code, emotion, clip });
}
