// The page's words: English, or the language that was chosen, else the browser's.
// Prompts stay English, which is what the model reads.

import english from "./words/en.json";
import { recall, remember } from "./remember.js";

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

/** The words of a language; null where they cannot be fetched. */
async function wordsOf(name) {
  if (name === "en") return english;
  try {
    const response = await fetch(document.body.dataset[name]);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

const chosen = choose();
const words = await wordsOf(chosen);

/** The language of the page: "en" or "es". */
export const language = words ? chosen : "en";

/** The words of a key, with values in the place of {names}. */
export function t(key, values = {}) {
  const text = words?.[key] ?? english[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const ATTRIBUTES = { wordsLabel: "aria-label", wordsAlt: "alt", wordsPlaceholder: "placeholder" };

/**
 * Puts the page into its language: the build has put English into it. Starts the
 * switch, which loads the page again.
 */
export function startLanguage() {
  document.documentElement.lang = language;
  if (language !== "en") {
    for (const e of document.querySelectorAll("[data-words]")) e.textContent = t(e.dataset.words);
    for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
      const selector = name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`);
      for (const e of document.querySelectorAll(`[data-${selector}]`)) e.setAttribute(attribute, t(e.dataset[name]));
    }
  }
  const choice = document.getElementById("language");
  choice.value = language;
  choice.addEventListener("change", () => {
    if (remember("language", choice.value)) location.reload();
  });
}
