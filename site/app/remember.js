// Small choices that outlive the page, where the browser lets it keep any.

import { FOLDER } from "./folder.js";

const PREFIX = `roentgo ${FOLDER} `; // as in theme.js

/** Keeps a choice, and returns whether it could. */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
    return true;
  } catch {
    return false;
  }
}

/** A choice that was kept; null without one. */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Forgets all choices, and the draft. */
export function forgetAll() {
  try {
    for (const storage of [localStorage, sessionStorage]) {
      for (const key of Object.keys(storage)) {
        if (key.startsWith(PREFIX)) storage.removeItem(key);
      }
    }
  } catch {
    // Nothing can have been kept.
  }
}

/** Keeps the unfinished request for a reload of this tab. */
export function keepDraft(draft) {
  try {
    sessionStorage.setItem(PREFIX + "draft", JSON.stringify(draft));
  } catch {
    // It is lost with a reload then.
  }
}

/** The unfinished request of this tab; null without one. */
export function recallDraft() {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + "draft"));
  } catch {
    return null;
  }
}
