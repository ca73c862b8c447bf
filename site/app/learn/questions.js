// Questions about images, drawn by a seed: the same seed gives the same questions.

import { FINDINGS } from "./findings.js";
import seeds from "./seeds.json";

/** The checked seeds, which 'roentgo-train seeds' lists. */
export const SEEDS = seeds;

export const VIEWS = ["PA", "AP"];

/** Stands for a normal chest among the answers. */
export const NORMAL = "";

// Answers to a question what an image shows.
const OPTIONS = 4;
const LEAST_OPTIONS = 3;

/** Random whole numbers below n (Bob Jenkins's small generator). */
function generator(seed) {
  let a = 0xf1ea5eed, b = seed >>> 0, c = b, d = b;
  const next = () => {
    const e = a - (b << 27 | b >>> 5) | 0;
    a = b ^ (c << 17 | c >>> 15);
    b = c + d | 0;
    c = d + e | 0;
    d = e + a | 0;
    return d >>> 0;
  };
  for (let i = 0; i < 20; i++) next();
  return n => next() % n;
}

/** A list in random order. */
function shuffled(list, below) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const k = below(i + 1);
    [copy[i], copy[k]] = [copy[k], copy[i]];
  }
  return copy;
}

/** The request of a finding's image, or of the normal one of its seed. */
export function requestOf(finding, view, seed) {
  return { prompt: finding === NORMAL ? SEEDS.normal[view] : SEEDS.findings[finding][view].prompt, seed };
}

/** A question which of two images shows a finding: { kind, finding, images, answer }. */
function which(finding, view, { seed }, below) {
  const answer = below(2);
  const images = [NORMAL, NORMAL].map((_, i) => requestOf(i === answer ? finding : NORMAL, view, seed));
  return { kind: "which", finding, images, answer };
}

/**
 * A question what an image shows: { kind, finding, images, options, answer }. Options
 * are findings and a normal chest; what the image may show as well is none of them.
 * null where too few are left.
 */
function what(finding, view, { seed, also = [], clear }, below) {
  const shown = clear && below(4) === 0 ? NORMAL : finding;
  const others = FINDINGS.map(f => f.name).filter(name => name !== finding && !(shown === finding && also.includes(name)));
  if (others.length < LEAST_OPTIONS - 2) return null;
  const wrong = shuffled(others, below).slice(0, OPTIONS - 2);
  const options = shuffled([finding, NORMAL, ...wrong], below);
  return { kind: "what", finding: shown, images: [requestOf(shown, view, seed)], options, answer: options.indexOf(shown) };
}

/** Yields questions without an end; a pair of finding, view and seed comes again only once all were there. */
export function* questions(seed) {
  const below = generator(seed);
  for (;;) {
    const order = shuffled(FINDINGS.flatMap(f => VIEWS.map(view => [f.name, view])), below);
    for (const [finding, view] of order) {
      const { seeds: list } = SEEDS.findings[finding][view];
      const checked = list[below(list.length)];
      yield (below(2) ? what(finding, view, checked, below) : null) ?? which(finding, view, checked, below);
    }
  }
}
