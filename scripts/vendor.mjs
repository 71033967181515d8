// Copies what the page needs from node_modules to static/vendor, which git ignores: no build step, no CDN.
// Run by `npm run vendor` (and by `make`) after `npm ci`. A second run changes nothing.

import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const vendor = join(root, "static", "vendor");

// [file in node_modules, its name in static/vendor].
const files = [
  ["chart.js/dist/chart.umd.min.js", "chart.js/chart.js"],
  ["chart.js/LICENSE.md", "chart.js/LICENSE.md"],
  ["@kurkle/color/LICENSE.md", "kurkle-color/LICENSE.md"], // it is in Chart.js's file
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

// Chart.js has no small ES module: its own is not minified, and 40 KB heavier when compressed. So its UMD file becomes one, which
// exports what the page uses. The UMD file registers everything; without its plugins it behaves as the ES module does, which
// registers nothing (a plugin that is registered draws a legend and tooltips).
const CHART = ["BarController", "BarElement", "CategoryScale", "Filler", "LineController", "LineElement", "LinearScale", "PointElement"];
const wrap = {
  "chart.js/chart.js": (text) => `const module = { exports: {} }, exports = module.exports;
${text}
export const Chart = module.exports;
export const { ${CHART.join(", ")} } = Chart;
Chart.unregister(...Object.values(Chart.registry.plugins.items));
`,
};

await rm(vendor, { recursive: true, force: true });
for (const [from, to] of files) {
  const target = join(vendor, to);
  await mkdir(dirname(target), { recursive: true });
  if (to.endsWith(".js")) {
    // The source maps stay behind, so the comment that names them would only cause 404s in the developer tools.
    const text = (await readFile(join(modules, from), "utf8")).replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n");
    await writeFile(target, wrap[to]?.(text) ?? text);
  } else {
    await copyFile(join(modules, from), target);
  }
}
console.log(`vendor: ${files.length} files in static/vendor`);
