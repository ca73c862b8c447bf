// Questions and answers in words.

import { t } from "../language.js";
import { nameOf } from "./names.js";
import { NORMAL } from "./questions.js";

const LETTERS = ["A", "B"];

/** The letter of an image, by its place. */
export const letterOf = i => LETTERS[i];

/** The question in words. */
export function asked({ kind, finding }) {
  return kind === "which" ? t("quiz.which", { finding: nameOf(finding) }) : t("quiz.what");
}

/** What can be answered, in order. */
export function optionsOf({ kind, options, images }) {
  if (kind === "which") return images.map((_, i) => t("quiz.option.image", { letter: letterOf(i) }));
  return options.map(o => o === NORMAL ? t("quiz.normal") : nameOf(o));
}

/** The right answer in words. */
export function answerOf({ kind, finding, answer }) {
  if (kind === "which") return t("quiz.answer.image", { letter: letterOf(answer) });
  return finding === NORMAL ? t("quiz.normal") : nameOf(finding);
}
