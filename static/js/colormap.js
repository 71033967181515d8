// int8 -> colour for the MFCC picture: pure. Zero is what is usual and nearly black; lower is blue, higher orange, lightness
// growing with the distance, so that the picture reads the same to colour-blind eyes. After Crameri's "berlin".

const stops = [
  [-1.0, [158, 193, 255]],
  [-0.55, [67, 138, 190]],
  [-0.2, [27, 58, 80]],
  [0.0, [20, 16, 25]],
  [0.2, [82, 36, 16]],
  [0.55, [201, 102, 54]],
  [1.0, [255, 206, 150]],
];

/** Four bytes (RGBA) for each of the 256 values of an int8; index = value + 128. */
export function table() {
  const bytes = new Uint8ClampedArray(256 * 4);
  for (let value = -128; value < 128; value += 1) {
    const at = value / 128;
    const high = Math.max(1, stops.findIndex(([x]) => x >= at) === -1 ? stops.length - 1 : stops.findIndex(([x]) => x >= at));
    const [x0, c0] = stops[high - 1];
    const [x1, c1] = stops[high];
    const share = (at - x0) / (x1 - x0);
    bytes.set([...c0.map((c, i) => c + (c1[i] - c) * share), 255], (value + 128) * 4);
  }
  return bytes;
}
