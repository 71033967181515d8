// The five colours must stay apart for every eye: colour-blindness simulated after Machado, Oliveira and Fernandes (2009),
// severity 1; distances in OKLab, where about 0.02 is just noticeable.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const css = await readFile(new URL("../../static/css/page.css", import.meta.url), "utf8");
const EMOTIONS = ["neutral", "happy", "sad", "angry", "fearful"];
const EYES = {
  typical: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function theme(dark) {
  const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) => match[1]);
  assert.equal(blocks.length, 2, "a light and a dark block");
  return Object.fromEntries([...blocks[dark ? 1 : 0].matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1], match[2]]));
}

const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const rgb = (hex) => [1, 3, 5].map((i) => linear(parseInt(hex.slice(i, i + 2), 16) / 255));

function oklab([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function seen(hex, eye) {
  const v = rgb(hex);
  return oklab([0, 3, 6].map((i) => Math.min(1, Math.max(0, eye[i] * v[0] + eye[i + 1] * v[1] + eye[i + 2] * v[2]))));
}

const distance = (a, b) => Math.hypot(...a.map((x, i) => x - b[i]));
const luminance = (hex) => { const [r, g, b] = rgb(hex); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);

for (const dark of [false, true]) {
  const colours = theme(dark);
  const name = dark ? "dark" : "light";

  for (const [eye, matrix] of Object.entries(EYES)) {
    test(`in the ${name} theme the emotions and silence stay apart to ${eye} eyes`, () => {
      const all = [...EMOTIONS, "silence"];
      for (let i = 0; i < all.length; i += 1) {
        for (let j = i + 1; j < all.length; j += 1) {
          const apart = distance(seen(colours[all[i]], matrix), seen(colours[all[j]], matrix));
          assert.ok(apart > 0.12, `${all[i]} and ${all[j]}: ${apart.toFixed(3)}`);
        }
      }
    });
  }

  test(`in the ${name} theme the dots of another sound can be seen on a track and on a card`, () => {
    for (const ground of ["track", "card"]) assert.ok(contrast(colours.other, colours[ground]) >= 3, ground);
  });

  test(`in the ${name} theme every text can be read on its ground`, () => {
    for (const [ink, ground] of [
      ["ink", "ground"], ["ink", "card"], ["ink", "sunken"], ["soft", "ground"], ["soft", "card"], ["soft", "sunken"],
      ["accent-ink", "accent"], ["warn-ink", "warn-ground"], ["soft", "track"], ["ground", "ink"],
    ]) {
      const ratio = contrast(colours[ink], colours[ground]);
      assert.ok(ratio >= 4.5, `${ink} on ${ground}: ${ratio.toFixed(2)}`);
    }
  });
}
