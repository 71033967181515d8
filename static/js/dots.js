// The pattern of a sound that is no voice, for canvases; page.css draws the same one for elements.

const STEP = 8; // pixels from dot to dot
const RADIUS = 1.8;

/**
 * Fills a rectangle with dots. They stand on the canvas, not on the rectangle, so that they do not move as it grows.
 * @param {CanvasRenderingContext2D} context
 * @param {{color: (name: string) => string}} look
 * @param {{left: number, top: number, width: number, height: number}} box
 */
export function fillDotted(context, look, { left, top, width, height }) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = look.color("other");
  context.beginPath();
  for (let x = Math.floor(left / STEP) * STEP; x < left + width + STEP; x += STEP) {
    for (let y = Math.floor(top / STEP) * STEP; y < top + height + STEP; y += STEP) {
      context.moveTo(x + RADIUS, y);
      context.arc(x, y, RADIUS, 0, 2 * Math.PI);
    }
  }
  context.fill();
  context.restore();
}
