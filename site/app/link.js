// Settings in a link. They stand after its #, which a browser never sends to
// a server: a prompt may be clinical text.

import { NAMES, clean } from "./settings.js";

const MAX_FRAGMENT = 16384;

/** The link that brings settings back. */
export function linkOf(settings) {
  const parameters = new URLSearchParams();
  for (const name of NAMES) {
    const value = settings[name];
    if (value !== undefined && value !== "" && value !== false) parameters.set(name, String(value));
  }
  const url = new URL(location.href);
  url.search = "";
  url.hash = parameters;
  return url.href;
}

/** The settings of a link's fragment; null where it has none. */
export function settingsOf(fragment) {
  const text = fragment.replace(/^#/, "");
  if (!text.includes("=")) return null;
  if (text.length > MAX_FRAGMENT) return { settings: {}, refused: 1 };
  return clean(Object.fromEntries(new URLSearchParams(text)));
}
