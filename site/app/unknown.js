// Words that the model has not learned: marked, named, and where one looks like
// a typing error, the known word is offered.

import { byId, debounce, echo, element } from "./dom.js";
import { nearest } from "./spelling.js";
import { t } from "./language.js";

/** The words of a text with where they begin, as the model's list has them. */
export function* wordsOf(text) {
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{Nd}][\p{L}\p{Nd}\p{M}-]*/gu)) {
    yield { word, index, key: word.toLowerCase().replace(/-+$/, "") };
  }
}

/** What is said of unknown words, as nodes; none without any. */
export function unknownNote(words) {
  if (!words?.length) return [];
  const list = words.flatMap((w, i) => [i > 0 ? ", " : "", t("unknown.open"), echo(w), t("unknown.close")]);
  return [t("unknown.begin"), ...list, t(words.length === 1 ? "unknown.one" : "unknown.many")];
}

/** A text with a word replaced wherever it stands, with the capital that it had. */
function corrected(text, wrong, right) {
  let out = "";
  let end = 0;
  for (const { word, index, key } of wordsOf(text)) {
    if (key !== wrong) continue;
    const capital = word[0] !== word[0].toLowerCase();
    out += text.slice(end, index) + (capital ? right[0].toUpperCase() + right.slice(1) : right);
    end = index + key.length;
  }
  return out + text.slice(end);
}

/**
 * Watches a text field for unknown words and says so in the box of its id.
 * sampler() gives the sampler, or null while there is none; onUnknown is called
 * with the set of unknown words. Returns a function that looks at once.
 */
export function watchUnknown(field, sampler, onUnknown = () => {}) {
  const box = byId(`${field.id}-unknown`);
  let asked = 0;
  let shown = "";

  const offer = (wrong, right) => element("button", {
    type: "button", className: "chip", textContent: t("unknown.offer", { word: right }),
    onclick() {
      field.value = corrected(field.value, wrong, right);
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });

  const ask = async () => {
    const mine = ++asked;
    const now = sampler();
    if (!now) return;
    const words = await now.unknownWords(field.value).catch(() => null);
    const known = words?.length ? await now.vocabulary().catch(() => []) : [];
    if (mine !== asked || !words) return;
    onUnknown(new Set(words));
    if (words.join(" ") === shown) return; // it would be read out again
    shown = words.join(" ");
    const offers = words.map(w => [w, nearest(w, known)]).filter(([, right]) => right).map(([w, right]) => offer(w, right));
    box.replaceChildren(...words.length ? [element("p", {}, ...unknownNote(words))] : [], ...offers.length ? [element("p", { className: "chips" }, ...offers)] : []);
  };
  field.addEventListener("input", debounce(300, ask));
  return ask;
}
