// What is known of each finding: figures of the model's card.

import figures from "./findings.json";

/** The findings that pass the rules of the page, in the order of the card. */
export const FINDINGS = figures.findings.filter(f => f.shown);

/** A figure with its bounds. */
export function interval({ value, low, high }) {
  return `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
