// How two grey images differ.

/** The least scale: below it are steps of rounding, not shapes. */
const MIN_SCALE = 8;

/**
 * The difference of two ImageData of one size, b less a, in grey levels:
 * values in [−255, 255]; their mean magnitude; and the scale, the magnitude
 * that all but one pixel in 500 stay within, so that a few stray pixels do not
 * hide the rest.
 */
export function difference(a, b) {
  const n = a.width * a.height;
  const values = new Int16Array(n);
  const histogram = new Uint32Array(256);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    values[i] = b.data[4 * i] - a.data[4 * i];
    const magnitude = Math.abs(values[i]);
    histogram[magnitude]++;
    sum += magnitude;
  }
  let scale = 255;
  for (let beyond = histogram[255]; scale > MIN_SCALE && beyond <= n / 500; beyond += histogram[scale]) scale--;
  return { values, mean: sum / n, scale };
}

/** Differences as values in [0, 1] for a diverging colour map: ½ is none. */
export function centred({ values, scale }) {
  return Float32Array.from(values, v => 0.5 + v / scale / 2);
}
