// Attention over an image, as values for a colour map.

/** From which share of its largest value on a map counts as even. */
export const EVEN = 0.9;

/**
 * A map of values in [0, 1], of which 1 is the largest, spread from its least
 * value to its largest; one that is even stays so. Returns the values, in
 * [0, 1], and the share that is drawn as 0.
 */
export function spread(map) {
  const low = Math.min(EVEN, ...map);
  return { values: map.map(v => (v - low) / (1 - low)), low };
}
