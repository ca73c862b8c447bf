// Findings in a prompt: whether it names one, and the prompt with it switched
// on or off.

import { joined } from "./prompt.js";
import words from "./vocabulary.json";

const all = words.groups.flatMap(g => g.items).filter(i => i.label !== "No Finding");

/** The findings that the model is measured to draw, as vocabulary.json has them. */
export const measured = all.filter(i => i.measured);

/** What says that nothing is wrong, and so contradicts any finding. */
const NOTHING = ["normal chest", ...words.groups.flatMap(g => g.items).find(i => i.label === "No Finding").say.slice(1)];

const LINK = "with|and|showing|shows";
const DENIAL = "no evidence of|without|no";

/** All ways to name a finding, the longest first; the last word of its first name is one. */
function names({ say }) {
  return [...say, say[0].split(" ").at(-1)].sort((a, b) => b.length - a.length);
}

/**
 * A pattern of phrases: with a denial before each where denied is; else it also finds
 * a phrase with its denial, which is then the pattern's group.
 */
function pattern(phrases, denied) {
  const any = `(?:${phrases.map(p => p.replace(/[^\p{L}\p{N} ]/gu, "\\$&")).join("|")})s?\\b`;
  const no = `\\b(?:${DENIAL}) ${any}`;
  return new RegExp(denied ? no : `(${no})|\\b${any}`, "giu");
}

/** Whether a prompt says that a finding is there. */
export function holds(text, finding) {
  return [...text.matchAll(pattern(names(finding), false))].some(([, denial]) => denial === undefined);
}

/** A text without what a pattern finds besides denials, and without the joints that are left over. */
function without(text, what) {
  return text.replace(what, (found, denial) => typeof denial === "string" ? denial : "")
    .replace(/\s+/g, " ")
    .replace(new RegExp(`(?:[ ,]*\\b(?:${LINK})\\b)+ *(?=[.,;]|$)`, "giu"), "") // "x with ."
    .replace(new RegExp(`(^|[.,;]) *(?:\\b(?:${LINK})\\b *)+`, "giu"), "$1 ") // ". and y"
    .replace(new RegExp(`\\b(${LINK})(?: +(?:${LINK})\\b)+`, "giu"), "$1") // "with and y"
    .replace(/ +([.,;])/g, "$1")
    .replace(/[.,;]+(?=[.;])/g, "")
    .replace(/^[ .,;]+/, "")
    .trim();
}

/** A prompt with a finding switched on, where it was off, or off. Without any other finding left it says so. */
export function toggled(text, finding) {
  if (holds(text, finding)) {
    const rest = without(text, pattern(names(finding), false));
    return all.some(f => holds(rest, f)) ? rest : joined(without(rest, pattern(NOTHING, false)), NOTHING[0]);
  }
  let rest = without(text, pattern(names(finding), true)).replace(/\bnormal (?=chest x-ray|chest radiograph)/giu, "");
  rest = without(rest, pattern([...NOTHING, ...finding.contrary ?? []], false));
  return joined(rest, finding.say[0]);
}
