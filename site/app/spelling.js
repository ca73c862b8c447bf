// The known word that a word with a typing error may stand for.

/** How many errors a word of a length may have. */
function most(length) {
  if (length < 4) return 0;
  return length < 6 ? 1 : 2;
}

/**
 * The optimal string alignment distance of two words: how many letters are
 * missing, too many, wrong or swapped with their neighbour. Above bound it is
 * bound + 1.
 */
export function distance(a, b, bound) {
  if (Math.abs(a.length - b.length) > bound) return bound + 1;
  let before = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    if (Math.min(...row) > bound) return bound + 1;
    [before, last] = [last, row];
  }
  return Math.min(last[b.length], bound + 1);
}

/** The known word nearest to another, the one with the same first letter before others; null where none is near. */
export function nearest(word, known) {
  let best = null;
  let least = most(word.length) + 0.5;
  for (const k of known) {
    if (k.length < 4 || /\d/.test(k)) continue;
    const d = distance(word, k, Math.floor(least)) + (k[0] === word[0] ? 0 : 0.5);
    if (d < least) [best, least] = [k, d];
  }
  return best;
}
