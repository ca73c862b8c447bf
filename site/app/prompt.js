// The prompt, with the words marked that no training caption had.

import { byId, element } from "./dom.js";
import { watchUnknown, wordsOf } from "./unknown.js";

const prompt = byId("prompt");
const mirror = byId("prompt-mirror");

let unknown = new Set();

/** A text as nodes, with unknown words in mark elements. */
function marked(text) {
  const nodes = [];
  let end = 0;
  for (const { word, index, key } of wordsOf(text)) {
    if (!unknown.has(key)) continue;
    nodes.push(text.slice(end, index), element("mark", { textContent: word }));
    end = index + word.length;
  }
  // A line at the end has no height without a character in it.
  nodes.push(text.slice(end) + "\u200b");
  return nodes;
}

function show() {
  mirror.replaceChildren(...marked(prompt.value));
}

/** Starts the marking; sampler() gives the sampler, or null while there is none. Returns a function that marks at once. */
export function startPrompt(sampler) {
  prompt.addEventListener("input", show);
  show();
  return watchUnknown(prompt, sampler, words => {
    unknown = words;
    show();
  });
}

/** Puts a text into the prompt as if it had been typed. */
export function setPrompt(text) {
  prompt.value = text;
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Adds a phrase to the prompt, as reports join them. */
export function addToPrompt(phrase) {
  setPrompt(joined(prompt.value, phrase));
}

/** A text and a phrase, as reports join them. */
export function joined(text, phrase) {
  const before = text.trim();
  return before === "" ? phrase : `${before.replace(/[.,;]+$/, "")}. ${phrase}`;
}
