// Errors, with what to do about each.

import { byId, element } from "./dom.js";
import { t } from "./language.js";
import { announce, say } from "./speak.js";

/** What a button beside each error does; null: there is none. */
const CURES = {
  network: "retry",
  host: "retry",
  hash: "reload",
  model: "reload",
  request: null,
  file: null,
  device: "wasm",
  memory: "wasm",
  unsupported: null,
  closed: "retry",
  internal: "retry",
};

/** Shows an error. handlers has a function for each action: retry, reload, wasm. */
export function showProblem(error, handlers) {
  const code = Object.hasOwn(CURES, error.code ?? "") ? error.code : "internal";
  const action = CURES[code];
  const box = byId("problem");
  say("");
  announce("");
  box.replaceChildren(element("h3", { textContent: t(`problem.${code}`) }), element("p", { lang: "en", textContent: error.message }), element("p", { textContent: t(`cure.${code}`) }));
  if (action && handlers[action]) {
    box.append(element("button", {
      type: "button", className: "secondary", textContent: t(`action.${action}`),
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
