import assert from "node:assert/strict";
import { test } from "node:test";

import { drawCode } from "../../static/js/code.js";

const link = "https://voices.example/watch/Zx81_abcdefghijklmnop-Q";

// What lean-qr needs of a canvas.
function canvas() {
  const drawn = {
    style: {}, dataset: {},
    getContext: () => ({
      createImageData: (width, height) => ({ data: new Uint8ClampedArray(4 * width * height), width, height }),
      putImageData: (image) => { drawn.image = image; },
    }),
  };
  return drawn;
}

const dark = ({ image }, x, y) => image.data[4 * (y * image.width + x)] < 128;

test("a code is dark on light and has a quiet zone of four modules", async () => {
  const drawn = canvas();
  await drawCode(drawn, link, () => import("lean-qr"));
  const { width, height, data } = drawn.image;
  assert.equal(width, height);
  for (let at = 0; at < width; at += 1) {
    for (const edge of [0, 1, 2, 3, width - 4, width - 1]) assert.ok(!dark(drawn, at, edge) && !dark(drawn, edge, at));
  }
  assert.ok([0, 1, 2, 3, 4, 5, 6].every((at) => dark(drawn, 4 + at, 4)), "the corner's square begins behind it");
  assert.ok(data.every((value) => value === 0 || value === 255), "black and white, nothing between, nothing transparent");
});

test("each module is shown in whole pixels, whatever the link's length", async () => {
  for (const text of [link, link.repeat(4)]) {
    const drawn = canvas();
    await drawCode(drawn, text, () => import("lean-qr"));
    const scale = parseFloat(drawn.style.width) / drawn.image.width;
    assert.ok(Number.isInteger(scale) && scale >= 3, String(scale));
    assert.equal(drawn.style.height, drawn.style.width);
  }
});
