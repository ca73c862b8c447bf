// A SampleRequest of roentgo.d.ts at the door: every field is of its kind, or
// an error names it. The model's own bounds are the Go program's to check.

import { RoentgoError } from "./errors.js";

const MAX_PROMPTS = 1000;

// The pseudorandom seed of a request without one: below 2⁵³, which every
// program can read exactly.
const drawSeed = () => (crypto.getRandomValues(new BigUint64Array(1))[0] >> 11n).toString();

// A value in an error: short, and of any kind.
const shown = (value) => (typeof value === "string" ? JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value) : typeof value === "object" && value !== null ? "an object" : String(value));

export function refuse(field, value, wanted) {
  throw new RoentgoError("request", `${field} is ${shown(value)}: ${wanted} is needed`, { field });
}

const text = (field, value) => (typeof value === "string" ? value : refuse(field, value, "text"));
const flag = (field, value) => (typeof value === "boolean" ? value : refuse(field, value, "true or false"));
const whole = (field, value) => (Number.isSafeInteger(value) ? value : refuse(field, value, "a whole number"));
const number = (field, value) => (Number.isFinite(value) ? value : refuse(field, value, "a number"));

function seed(field, value) {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    refuse(field, value, "a whole number that JavaScript keeps exactly (a larger one goes as a BigInt or as text)");
  }
  if (!["bigint", "number", "string"].includes(typeof value) || value === "") refuse(field, value, "a whole number (leave it out for any seed)");
  return String(value);
}

const FIELDS = {
  negative: text, seed, steps: whole, guidance: number, rescale: number, sampler: text, spacing: text, eta: number,
  guidanceLow: whole, guidanceHigh: whole, count: whole, truncate: flag, latents: flag, attention: flag,
};

function promptsOf(value) {
  if (value === undefined) return [""];
  if (!Array.isArray(value)) return [text("prompt", value)];
  if (value.length < 1 || value.length > MAX_PROMPTS) refuse("prompt", `${value.length} texts`, `text, or a list of 1 to ${MAX_PROMPTS} texts,`);
  return value.map((v) => text("prompt", v));
}

// The signal of a call's options, or none.
export function signalOf(options = {}) {
  if (typeof options !== "object" || options === null) refuse("options", options, "an object");
  const { signal } = options;
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  refuse("signal", signal, "an AbortSignal");
}

// The prompts of a request, and the rest of it as the worker takes it. A field
// that is undefined is one that is left out.
export function checked(request) {
  if (typeof request !== "object" || request === null) refuse("request", request, "an object");
  const { prompt, signal, ...rest } = request;
  const settings = { seed: drawSeed() };
  for (const [name, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(FIELDS, name)) throw new RoentgoError("request", `a request has no ${name}: it has prompt, signal, ${Object.keys(FIELDS).join(", ")}`, { field: name });
    settings[name] = FIELDS[name](name, value);
  }
  return { prompts: promptsOf(prompt), settings, signal: signalOf({ signal }) };
}
