// Addresses of this application, whatever sub-path a proxy publishes it under.

/** The application's root, as this module's own address tells it: "https://example.org/emotion/". */
export const BASE = new URL("../../", import.meta.url);

/**
 * The address of a path that the server names: pure.
 * @param {string} path "/watch/abc", or with the sub-path that the server knows of: "/emotion/samples/a.flac"
 * @param {{root?: string, base?: URL}} [about] `root`: the path of the application's root as the server knows it
 */
export function address(path, { root = "/", base = BASE } = {}) {
  const own = path.startsWith(root) ? path.slice(root.length) : path.replace(/^\/+/, "");
  return new URL(`./${own}`, base).href;
}
