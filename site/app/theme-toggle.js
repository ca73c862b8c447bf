// The button that chooses light or dark. theme.js applies the choice.

import { byId } from "./dom.js";
import { remember } from "./remember.js";

export function startThemeToggle() {
  const button = byId("theme-toggle");
  const root = document.documentElement;
  const show = () => button.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
  button.addEventListener("click", () => {
    const chosen = root.dataset.theme === "dark" ? "light" : "dark";
    if (remember("theme", chosen)) document.dispatchEvent(new Event("roentgo-theme"));
    else root.dataset.theme = chosen;
  });
  new MutationObserver(show).observe(root, { attributeFilter: ["data-theme"] });
  show();
}
