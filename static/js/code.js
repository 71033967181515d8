// A link as a QR code, for a phone's camera. Dark on light in every theme and with its quiet zone, or many cameras see nothing.

const QUIET = 4; // modules around it, as the standard asks
const WIDTH_PX = 180; // at most, about
const DARK = [0, 0, 0, 255];
const LIGHT = [255, 255, 255, 255];

const library = () => import("../vendor/lean-qr/lean-qr.js"); // only who shares needs it

/**
 * Draws a text onto a canvas, a pixel a module, shown in whole pixels each.
 * @param {HTMLCanvasElement} canvas
 * @param {string} text
 */
export async function drawCode(canvas, text, load = library) {
  const { generate } = await load();
  const code = generate(text);
  code.toCanvas(canvas, { on: DARK, off: LIGHT, pad: QUIET });
  const modules = code.size + 2 * QUIET;
  const width = `${modules * Math.max(3, Math.floor(WIDTH_PX / modules))}px`;
  canvas.style.width = width;
  canvas.style.height = width;
  canvas.dataset.text = text;
}
