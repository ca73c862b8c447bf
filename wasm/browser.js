// What the library needs of a browser.

import { RoentgoError } from "./errors.js";
import { wrongScript } from "./host.js";

const WORKER = { type: "module", name: "roentgo" };
const MAX_THREADS = 32; // more cores than that share a memory badly
const USUAL_THREADS = 8; // unless asked for more: the page and other programs want some too
const here = import.meta.url;

// A worker's script must be of the page's own origin, and of a kind that the
// page's policy trusts. Where this module is from elsewhere, a line of the
// page's own imports the script.
function startAt(url) {
  const policy = globalThis.trustedTypes?.createPolicy("roentgo", { createScriptURL: (text) => text });
  const trusted = (text) => policy?.createScriptURL(text) ?? text;
  if (new URL(url).origin === self.origin) return new Worker(trusted(url), WORKER);
  const line = `import ${JSON.stringify(url)};`;
  // In a sandbox no module begins with a blob. Elsewhere the line stays as long as
  // the page: threads begin with it, too.
  if (self.origin === "null") return new Worker(trusted(`data:text/javascript,${encodeURIComponent(line)}`), WORKER);
  return new Worker(trusted(URL.createObjectURL(new Blob([line], { type: "text/javascript" }))), WORKER);
}

export const browser = {
  check() {
    if (typeof Worker === "undefined" || typeof WebAssembly === "undefined" || typeof location === "undefined") {
      throw new RoentgoError("unsupported", "there are no workers or no WebAssembly here: a browser is needed, or roentgo/node");
    }
  },

  // An address as the page means it.
  absolute: (url) => new URL(url, globalThis.document?.baseURI ?? location.href).href,

  // Starts the worker at an address of its script, by default where this module
  // or its bundler has put it.
  start(workerURL) {
    if (workerURL) return startAt(workerURL);
    const { protocol, origin } = new URL(here);
    if (protocol === "file:" || origin === self.origin) { // webpack writes its own folder for here
      try {
        // Written out like this for bundlers: they see it, and move the script.
        return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "roentgo" });
      } catch {
        // Not trusted.
      }
    }
    return startAt(new URL("worker.js", here).href);
  },

  // The error of a worker that did not start. Where a bundler has put the script is
  // not known here.
  async notStarted(workerURL, why) {
    const url = workerURL ?? (/\/roentgo\.js$/.test(new URL(here).pathname) && new URL("worker.js", here).href);
    return (
      (!why && url && (await wrongScript(url))) ||
      new RoentgoError("network", `the worker could not be started (${why || "its script was not found, or the page's policy forbids it"})`)
    );
  },

  threads: (wanted) => (globalThis.crossOriginIsolated ? Math.min(wanted ?? Math.min(navigator.hardwareConcurrency || 1, USUAL_THREADS), MAX_THREADS) : 1),

  // Refused, the model is kept while there is room.
  persist: () => void navigator.storage?.persist?.().catch(() => {}),

  persisted: async () => (await navigator.storage?.persisted?.().catch(() => false)) ?? false,

  picture: (rgba, size) => new ImageData(rgba, size, size),
};
