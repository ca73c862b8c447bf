// Settings that come from outside: a link, a PNG file, what this browser kept.
// They are text that anyone may have written. What passes here is short and of
// the right kind; the form's own bounds are checked when it is sent.

const MAX_TEXT = 2000;
const MAX_SEED = 2n ** 64n - 1n;

const text = value => {
  if (typeof value !== "string" || value.length > MAX_TEXT) return undefined;
  return value.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, c => c === "\n" || c === "\t" ? " " : "");
};
const seed = value => /^\s*[0-9]{1,20}\s*$/.test(value) && BigInt(value) <= MAX_SEED ? String(BigInt(value)) : undefined;
const DECIMAL = /^-?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i; // 0x10 is none, 010 is ten
const number = (low, high) => value => {
  if (typeof value === "boolean" || String(value).length > 24 || !DECIMAL.test(String(value).trim())) return undefined;
  const n = Number(value);
  return n >= low && n <= high ? String(n) : undefined;
};
const integer = (low, high) => value => Number.isInteger(Number(value)) ? number(low, high)(value) : undefined;
const name = value => typeof value === "string" && /^[a-z0-9+_-]{1,24}$/i.test(value) ? value : undefined;
const flag = value => value === true || value === "true" ? "true" : undefined;
const hash = value => typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : undefined;

const FIELDS = {
  prompt: text, negative: text, seed, count: integer(1, 16), steps: integer(1, 10000), guidance: number(1, 100),
  sampler: name, spacing: name, rescale: number(0, 1), guidanceLow: integer(0, 9999), guidanceHigh: integer(0, 9999), eta: number(0, 1),
  truncate: flag, modelHash: hash,
};

/** The names of settings, in the order of a link. */
export const NAMES = Object.keys(FIELDS);

/**
 * The settings of an object of unknown origin, as strings: unknown names and
 * values that are out of bounds are left out, and counted.
 */
export function clean(raw) {
  const settings = {};
  let refused = 0;
  if (typeof raw !== "object" || raw === null) return { settings, refused };
  for (const [key, check] of Object.entries(FIELDS)) {
    if (!Object.hasOwn(raw, key) || raw[key] === undefined || raw[key] === null) continue;
    const value = ["string", "number", "boolean"].includes(typeof raw[key]) ? check(raw[key]) : undefined;
    if (value === undefined) {
      if (raw[key] !== false && raw[key] !== "") refused++;
    } else settings[key] = value;
  }
  return { settings, refused };
}

/** A seed of at most five digits, which a class can read out and type. */
export function drawSeed() {
  return String(crypto.getRandomValues(new Uint32Array(1))[0] % 100000);
}

/** The request that makes the image of settings again. */
export function requestOf({ model, modelHash, ...request }) {
  return { ...request, count: 1 };
}
