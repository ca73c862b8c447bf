// The tabs of the viewer (WAI-ARIA Authoring Practices, "Tabs").

import { byId } from "./dom.js";

/** Calls onOpen with the name of the tab that is opened. Returns a function that opens one. */
export function startTabs(onOpen) {
  const list = document.querySelector('[role="tablist"]');
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  const open = name => {
    for (const tab of tabs) {
      const selected = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !selected;
    }
    onOpen(name);
  };
  const name = tab => tab.id.replace("tab-", "");
  for (const tab of tabs) tab.addEventListener("click", () => open(name(tab)));
  list.addEventListener("keydown", event => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    open(name(tab));
    tab.focus();
  });
  return open;
}
