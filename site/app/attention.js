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

const ROWS = ["upper", "middle", "lower"];
const COLUMNS = ["left", "centre", "right"];

/** Where the largest value of a square map lies, in words of the picture: "lower left". */
export function peak(map, size) {
  const at = map.indexOf(map.reduce((most, v) => Math.max(most, v)));
  const third = k => Math.floor(3 * k / size);
  const [row, column] = [ROWS[third(Math.floor(at / size))], COLUMNS[third(at % size)]];
  return row === "middle" && column === "centre" ? "centre" : `${row} ${column}`;
}
