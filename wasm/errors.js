// What goes wrong, distinguished by its code: see roentgo.d.ts.
export class RoentgoError extends Error {
  constructor(code, message, { field, ...options } = {}) {
    super(message, options);
    this.name = "RoentgoError";
    this.code = code;
    if (field) this.field = field;
  }
}

// An error as it crosses from the worker to the page, and back to one.
export const packed = (error) =>
  error?.name === "AbortError" ? { code: "aborted", message: "aborted" } : { code: error?.code && typeof error.code === "string" ? error.code : "internal", message: String(error?.message ?? error) };

// How sampler/prompt counts the tokens of a text that has too many.
const TOO_LONG = /([0-9]+) tokens, the model takes ([0-9]+)/;

export function unpacked({ code, message }) {
  if (code === "aborted") return new DOMException(message, "AbortError");
  const [long, has, takes] = TOO_LONG.exec(message) ?? [];
  if (!long) return new RoentgoError(code, message);
  const [field, name] = /negative/.test(message) ? ["negative", "negative prompt"] : ["prompt", "prompt"];
  return new RoentgoError("prompt", `The ${name} has ${has} tokens; the model reads ${takes}. Shorten it, or ask for it to be cut (truncate).`, { field });
}
