// What goes wrong, told apart by its code: see roentgo.d.ts.
export class RoentgoError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = "RoentgoError";
    this.code = code;
  }
}

// An error as it crosses from the worker to the page, and back to one.
export const packed = (error) =>
  error?.name === "AbortError" ? { code: "aborted", message: "aborted" } : { code: error?.code && typeof error.code === "string" ? error.code : "internal", message: String(error?.message ?? error) };

export const unpacked = ({ code, message }) => (code === "aborted" ? new DOMException(message, "AbortError") : new RoentgoError(code, message));
