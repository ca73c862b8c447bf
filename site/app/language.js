// The page's words: English, or the language that was chosen, else the browser's.
// Prompts stay English, which is what the model reads.

import { recall, remember } from "./remember.js";
import english from "./words/en.json";
import spanish from "./words/es.json";

const LANGUAGES = ["en", "es"];

function choose() {
  const chosen = recall("language");
  if (LANGUAGES.includes(chosen)) return chosen;
  for (const wanted of navigator.languages ?? []) {
    const name = wanted.toLowerCase().split("-")[0];
    if (LANGUAGES.includes(name)) return name;
  }
  return "en";
}

/** The language of the page: "en" or "es". */
export const language = choose();

const words = language === "es" ? spanish : english;

/** The words of a key, with values in the place of {names}. */
export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const ATTRIBUTES = ["aria-label", "alt", "placeholder", "title"];

const keys = new Map(Object.entries(english).map(([key, text]) => [text, key]));

/** A text of the page's files, which are English, in its language. */
export function translated(text) {
  const plain = text.trim().replace(/\s+/g, " ");
  return keys.has(plain) ? text.replace(/\S[^]*\S|\S/, () => t(keys.get(plain))) : text;
}

function translate() {
  document.title = translated(document.title);
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.nextNode()) {
    const node = nodes.currentNode;
    const text = translated(node.data);
    if (text !== node.data) node.data = text;
  }
  for (const name of ATTRIBUTES) {
    for (const e of document.querySelectorAll(`[${name}]:not([lang])`)) e.setAttribute(name, translated(e.getAttribute(name)));
  }
}

/**
 * Puts the page into its language, before anything else of it starts. Starts the
 * switch, which loads the page again.
 */
export function startLanguage() {
  document.documentElement.lang = language;
  if (language !== "en") translate();
  const choice = document.getElementById("language");
  choice.value = language;
  choice.addEventListener("change", () => {
    if (remember("language", choice.value)) location.reload();
  });
}
