// Copies what the page needs from node_modules to static/vendor, which git ignores: no build step, no CDN.
// Run by `npm run vendor` (and by `make`) after `npm ci`. A second run changes nothing.

import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const vendor = join(root, "static", "vendor");

// [file in node_modules, its name in static/vendor].
const files = [
  ["chart.js/dist/chart.js", "chart.js/chart.js"],
  ["chart.js/dist/chunks/index.js", "chart.js/chunks/index.js"],
  ["chart.js/LICENSE.md", "chart.js/LICENSE.md"],
  ["@kurkle/color/dist/color.esm.js", "kurkle-color/color.esm.js"],
  ["@kurkle/color/LICENSE.md", "kurkle-color/LICENSE.md"],
  ["socket.io-client/dist/socket.io.esm.min.js", "socket.io-client/socket.io.esm.min.js"],
  ["socket.io-client/LICENSE", "socket.io-client/LICENSE"],
  ["wavesurfer.js/dist/wavesurfer.esm.js", "wavesurfer.js/wavesurfer.js"],
  ["wavesurfer.js/dist/plugins/regions.esm.js", "wavesurfer.js/regions.js"],
  ["wavesurfer.js/dist/plugins/timeline.esm.js", "wavesurfer.js/timeline.js"],
  ["wavesurfer.js/LICENSE", "wavesurfer.js/LICENSE"],
  ["lean-qr/index.mjs", "lean-qr/lean-qr.js"],
  ["lean-qr/LICENSE", "lean-qr/LICENSE"],
];

try {
  await stat(join(modules, "chart.js"));
} catch {
  console.error("vendor: node_modules is missing; run `npm ci` first.");
  process.exit(1);
}

// A bare import needs an import map, which must stand inline and so would need a hole in the page's Content-Security-Policy.
// Chart.js has one bare import; it becomes a relative one here.
const bare = [[/(['"])@kurkle\/color\1/g, "kurkle-color/color.esm.js"]];

await rm(vendor, { recursive: true, force: true });
for (const [from, to] of files) {
  const target = join(vendor, to);
  await mkdir(dirname(target), { recursive: true });
  if (to.endsWith(".js")) {
    // The source maps stay behind, so the comment that names them would only cause 404s in the developer tools.
    let text = await readFile(join(modules, from), "utf8");
    for (const [pattern, file] of bare) {
      text = text.replace(pattern, `"${relative(dirname(target), join(vendor, file)).replaceAll("\\", "/")}"`);
    }
    await writeFile(target, text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n"));
  } else {
    await copyFile(join(modules, from), target);
  }
}
console.log(`vendor: ${files.length} files in static/vendor`);
