// What the page says in words: a note that all see, and what only screen
// readers need.

import { byId } from "./dom.js";

/** Shows a note until the next one. Success and failure are never shown at once. */
export function say(text) {
  if (text) byId("problem").replaceChildren();
  byId("note").textContent = text;
}

/** Has screen readers say a text, politely. */
export function announce(text) {
  byId("announcer").textContent = text;
}
