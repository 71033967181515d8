// The HTTP API: a file in, a judgement out. XMLHttpRequest, because fetch cannot tell how much has been sent.

import { address } from "./address.js";

/** Why a file need not even be sent, as an error code, or null: pure. The server alone decides which formats it reads. */
export function fault(file, { max_upload_mb }) {
  if (file.size === 0) return "empty";
  if (file.size > max_upload_mb * 2 ** 20) return "too_large";
  return null;
}

/** Whether the browser can read a file: not one that was moved meanwhile, and no folder. @param {Blob} file */
export async function canRead(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** The error code in an answer that is no judgement: pure. A proxy's own errors have no JSON. */
export function codeOf(status, body) {
  if (body?.error?.code) return body.error.code;
  if (status === 413) return "too_large";
  if (status === 429) return "rate_limited";
  if (status === 503) return "busy";
  return status === 0 || status >= 500 ? "server_gone" : "unknown";
}

/**
 * Sends a file. `done` resolves with the judgement or rejects with an error that has a `code` (`cancelled` after `cancel()`).
 * @param {Blob} file
 * @param {string} name
 * @param {{onProgress?: (share: number) => void, speaker?: ?string}} [options] `speaker`: the profile of the voice
 * @returns {{done: Promise<object>, cancel: () => void}}
 */
export function predict(file, name, { onProgress = () => {}, speaker = null } = {}) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    const refuse = (code) => reject(Object.assign(new Error(code), { code }));
    request.open("POST", address("/api/v1/predictions"));
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.upload.addEventListener("load", () => onProgress(1));
    request.addEventListener("load", () => {
      if (request.status === 200 && request.response?.probabilities) resolve(request.response);
      else refuse(codeOf(request.status, request.response));
    });
    request.addEventListener("error", () => refuse("server_gone"));
    request.addEventListener("abort", () => refuse("cancelled"));
    const form = new FormData();
    form.append("file", file, name);
    if (speaker) form.append("speaker", speaker);
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}
