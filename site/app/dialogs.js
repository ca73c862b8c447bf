// Dialogs. The element gives the keyboard, the focus and the top layer.

import { byId } from "./dom.js";

export function startDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", event => {
      if (event.target.closest("[data-close]") || onBackdrop(dialog, event)) dialog.close();
    });
  }
}

/** Whether a click on a dialog is outside its box. Clicks by keyboard have no place. */
function onBackdrop(dialog, { target, clientX, clientY, detail }) {
  if (target !== dialog || detail === 0) return false;
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

export function openDialog(id) {
  byId(id).showModal();
}

let refuse = () => {}; // the question before

/** Asks before something that cannot be undone. */
export function confirmed(title, text, yes) {
  const dialog = byId("confirm");
  refuse(); // it was closed, though its event may still come
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  dialog.showModal();
  return new Promise(resolve => {
    refuse = () => resolve(false);
    byId("confirm-yes").onclick = () => {
      resolve(true);
      dialog.close();
    };
    dialog.onclose = () => {
      if (!dialog.open) resolve(false);
    };
  });
}
