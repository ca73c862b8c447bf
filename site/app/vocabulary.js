// Examples, and the words that the model was trained to know.

import { byId, element } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { addToPrompt, setPrompt } from "./prompt.js";
import { announce } from "./speak.js";
import words from "./vocabulary.json";
import { t, translated } from "./language.js";

function chip(text, onclick) {
  return element("button", { type: "button", className: "chip", lang: "en", textContent: text, onclick });
}

function finding({ say, plain }) {
  const chips = say.map(phrase => chip(phrase, () => {
    addToPrompt(phrase);
    announce(t("vocabulary.added", { phrase }));
  }));
  return element("div", { className: "finding" }, element("div", { className: "chips" }, ...chips), element("p", { textContent: translated(plain) }));
}

function group(title, items) {
  return element("section", { className: "group" }, element("h3", { textContent: translated(title) }), ...items.map(finding));
}

export function startVocabulary() {
  byId("examples").append(...words.examples.map(text => chip(text, () => {
    setPrompt(text);
    byId("prompt").focus();
  })));
  byId("vocabulary-groups").append(
    ...words.groups.map(g => group(g.title, g.items)),
    group(t("vocabulary.absent"), words.absent),
    group(t("vocabulary.study"), words.study),
  );
  byId("vocabulary-open").addEventListener("click", () => openDialog("vocabulary"));
}
