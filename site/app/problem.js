// Errors, with what to do about each.

import { byId, element } from "./dom.js";
import { announce, say } from "./speak.js";

const CURES = {
  network: ["The model could not be fetched", "Check the connection and try again. What has come so far is kept.", "retry"],
  host: ["The server does not send the files as they are", "Report this message to whoever runs this site.", "retry"],
  hash: ["What came is not what this page expects", "The site may be changing just now. Reload the page; if that does not help, report it to whoever runs this site.", "reload"],
  model: ["This is no model that roentgo can read", "Reload the page; if that does not help, report it to whoever runs this site.", "reload"],
  request: ["This cannot be made as it stands", "Change what the message names and make it again.", null],
  file: ["No settings could be read from this file", "Choose a PNG file that roentgo made and that no other program saved again.", null],
  device: ["This device cannot compute it that way", "Update the browser, or compute with WebAssembly.", "wasm"],
  memory: ["There is too little memory", "Close other tabs and make one image at a time, or compute with WebAssembly.", "wasm"],
  unsupported: ["This browser lacks something that roentgo needs", "Use Chrome, Edge, Firefox or Safari of the last two years.", null],
  closed: ["The model was put away", "Load it again.", "retry"],
  internal: ["Something went wrong inside roentgo", "Try again. If it happens twice, reload the page.", "retry"],
};

const ACTIONS = { retry: "Try again", reload: "Reload the page", wasm: "Compute with WebAssembly" };

/** Shows an error. handlers has a function for each action: retry, reload, wasm. */
export function showProblem(error, handlers) {
  const [title, cure, action] = CURES[error.code] ?? CURES.internal;
  const box = byId("problem");
  say("");
  announce("");
  box.replaceChildren(element("h3", { textContent: title }), element("p", { textContent: error.message }), element("p", { textContent: cure }));
  if (action && handlers[action]) {
    box.append(element("button", {
      type: "button", className: "secondary", textContent: ACTIONS[action],
      onclick() {
        clearProblem();
        handlers[action]();
      },
    }));
  }
}

export function clearProblem() {
  byId("problem").replaceChildren();
}
