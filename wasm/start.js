// Starts the worker.

const OPTIONS = { type: "module", name: "roentgo" };
const here = import.meta.url;

// A worker's script must be of the page's own origin, and of a kind that the
// page's policy trusts. Where this module is from elsewhere, a line of the
// page's own imports the script.
function startAt(url) {
  const policy = globalThis.trustedTypes?.createPolicy("roentgo", { createScriptURL: (text) => text });
  const trusted = (text) => policy?.createScriptURL(text) ?? text;
  if (new URL(url).origin === location.origin) return new Worker(trusted(url), OPTIONS);
  // The line stays as long as the page: threads begin with it, too.
  return new Worker(trusted(URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" }))), OPTIONS);
}

// Starts the worker at a page's own address of its script, by default where
// this module or its bundler has put it.
export function startWorker(workerURL) {
  if (workerURL) return startAt(workerURL);
  try {
    // Written out like this for bundlers: they see it, and move the script.
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "roentgo" });
  } catch {
    // Of another origin, or not trusted.
    return startAt(new URL("worker.js", here).href);
  }
}
