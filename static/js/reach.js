// Why no WebSocket connection could be made: asks the same server over plain HTTP.

import { address } from "./address.js";

const ANSWER_MS = 4000;

/**
 * Resolves with `server_gone` (no answer over HTTP either), `origin_refused` (the server takes this page for a stranger's) or
 * `websocket_blocked` (the server answers over HTTP, so something between it and the browser stops WebSockets).
 * @param {typeof fetch} ask tests hand in their own
 */
export async function obstruction(ask = fetch) {
  try {
    const ready = await ask(address("/readyz"), { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    if (!ready.ok) return "server_gone";
    // The WebSocket's own address checks the Origin of every method, and browsers send an Origin with OPTIONS, unlike with GET.
    const checked = await ask(address("/socket.io/?EIO=4&transport=websocket"), { method: "OPTIONS", signal: AbortSignal.timeout(ANSWER_MS) });
    return checked.status === 400 && (await checked.text()).includes("accepted origin") ? "origin_refused" : "websocket_blocked";
  } catch {
    return "server_gone";
  }
}
