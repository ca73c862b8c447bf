// What is wrong with a field stands beside it, in plain words, until it is mended.

import { byId, element } from "./dom.js";
import { language, t } from "./language.js";

/** How much of a text that was left out is quoted. */
const QUOTED = 40;

/** Fields, by id, whose error does not come from their own bounds: an edit ends it. */
const noted = new Set();

function errorOf(field) {
  return byId(`${field.id}-error`);
}

function show(field, ...content) {
  errorOf(field).replaceChildren(...content);
  field.ariaInvalid = "true";
}

function clear(field) {
  noted.delete(field.id);
  field.ariaInvalid = null;
  // A live region that changes is read out again.
  if (errorOf(field).hasChildNodes()) errorOf(field).replaceChildren();
}

/** Why a field's value is refused; "" where it is not. */
function reason({ validity, validationMessage, min, max, step }) {
  if (validity.valid) return "";
  if (validity.customError) return validationMessage;
  return t(`number.${step === "any" ? "" : "whole."}${max ? "range" : "least"}`, { min, max });
}

/** Shows an error that the field's own bounds do not know, and what to do: nodes or texts. */
export function noteField(field, ...content) {
  show(field, ...content);
  noted.add(field.id);
}

/** Forgets the errors of noteField. */
export function forgetNoted() {
  for (const id of [...noted]) clear(byId(id));
}

/** Clears the errors of fields that are mended, and shows those of fields that are not and are not being edited. */
export function checkFields(fields) {
  for (const field of fields) {
    const text = reason(field);
    const editing = field === document.activeElement && !errorOf(field).hasChildNodes();
    if (text && !editing) show(field, text);
    else if (!text && !noted.has(field.id)) clear(field);
  }
}

/** Shows the errors of all fields and puts the focus on the first. Returns whether there is none. */
export function refuseFields(fields) {
  const wrong = fields.filter(f => !f.validity.valid);
  for (const field of wrong) show(field, reason(field));
  for (let d = wrong[0]?.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
  wrong[0]?.focus();
  return wrong.length === 0;
}

/** Watches a text field: an edit ends the error that it was noted of, and what a paste loses to its bound is said. */
export function watchField(field) {
  field.addEventListener("beforeinput", event => {
    const text = (event.data ?? event.dataTransfer?.getData("text/plain") ?? "").replace(/\r\n?/g, "\n");
    const room = field.maxLength - field.value.length + field.selectionEnd - field.selectionStart;
    const lost = text.slice(Math.max(room, 0));
    // After the event of the edit itself, which clears what was said before.
    if (lost && !event.isComposing) setTimeout(() => noteField(field, cut(field.maxLength, lost)));
  });
  field.addEventListener("input", () => {
    if (noted.has(field.id)) clear(field);
  });
}

/** What is said of a cut. */
function cut(most, lost) {
  const quoted = element("bdi", { textContent: lost.slice(0, QUOTED) + (lost.length > QUOTED ? "…" : "") });
  const values = { most: most.toLocaleString(language), count: lost.length.toLocaleString(language) };
  return element("p", {}, t(lost.length === 1 ? "paste.one" : "paste.many", values), quoted, t("paste.end"));
}
