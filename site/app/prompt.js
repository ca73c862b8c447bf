// The prompt, with the words marked that no training caption had.

import { byId, debounce, element } from "./dom.js";

const prompt = byId("prompt");
const mirror = byId("prompt-mirror");
const note = byId("prompt-unknown");

let unknown = new Set();
let asked = 0;

/** A text as nodes, with unknown words in mark elements. */
function marked(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{Nd}][\p{L}\p{Nd}\p{M}-]*/gu)) {
    if (!unknown.has(word.toLowerCase().replace(/-+$/, ""))) continue;
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

/** What is said of unknown words; empty without any. */
export function unknownNote(words) {
  if (!words?.length) return "";
  const list = words.map(w => `“${w}”`).join(", ");
  return words.length === 1
    ? `The model has not learned ${list} and may ignore it.`
    : `The model has not learned ${list} and may ignore them.`;
}

/** Starts the marking; sampler() gives the sampler, or null while there is none. */
export function startPrompt(sampler) {
  const ask = async () => {
    const mine = ++asked;
    const words = await sampler()?.unknownWords(prompt.value).catch(() => null);
    if (mine !== asked || !words) return;
    unknown = new Set(words);
    const text = unknownNote(words);
    if (note.textContent !== text) note.textContent = text;
    show();
  };
  const later = debounce(300, ask);
  prompt.addEventListener("input", () => {
    show();
    later();
  });
  show();
  return ask;
}

/** Puts a text into the prompt as if it had been typed. */
export function setPrompt(text) {
  prompt.value = text;
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Adds a phrase to the prompt, as reports join them. */
export function addToPrompt(phrase) {
  const before = prompt.value.trim();
  setPrompt(before === "" ? phrase : `${before.replace(/[.,;]+$/, "")}. ${phrase}`);
}
