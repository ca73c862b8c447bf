// Colour maps, as tables of 256 RGBA values.

/** A table that goes through colours at even distances. */
function through(...stops) {
  const table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const at = i / 255 * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 4; c++) table[4 * i + c] = stops[k][c] + (at - k) * (stops[k + 1][c] - stops[k][c]);
  }
  return table;
}

/**
 * Diverging, for signed differences: blue, black, orange. Blue and orange stay
 * apart for colour-blind eyes, and black is no difference on a dark stage.
 */
export const diverging = through([150, 205, 255, 255], [40, 120, 215, 255], [16, 22, 24, 255], [215, 105, 20, 255], [255, 205, 140, 255]);

/** From nothing to amber, for a layer over a grey image. */
export const heat = through([255, 120, 0, 0], [255, 150, 0, 128], [255, 190, 40, 255]);

/** An image of values in [0, 1] in the colours of a table. */
export function coloured(values, width, height, table) {
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const colours = new Uint32Array(table.buffer);
  for (let i = 0; i < words.length; i++) words[i] = colours[Math.max(0, Math.min(255, Math.round(values[i] * 255)))];
  return image;
}

/** Draws a table from left to right. */
export function paintRamp(canvas, table) {
  const { width } = canvas;
  canvas.getContext("2d").putImageData(coloured(Float32Array.from({ length: width }, (_, i) => i / (width - 1)), width, 1, table), 0, 0);
}
