// The score of the quiz, which this browser keeps.

import { recall, remember } from "../remember.js";

const MOST = 1e6; // questions

/** The kept score: { right, asked }; nothing where what is kept is no score. */
export function recallScore() {
  try {
    const { right, asked } = JSON.parse(recall("learn-score"));
    if (Number.isInteger(right) && Number.isInteger(asked) && right >= 0 && right <= asked && asked <= MOST) return { right, asked };
  } catch {
    // Nothing is kept, or something else.
  }
  return { right: 0, asked: 0 };
}

/** Keeps a score. */
export function keepScore(score) {
  remember("learn-score", JSON.stringify(score));
}
