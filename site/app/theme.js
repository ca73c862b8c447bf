// Sets the theme before the first paint: the one that was chosen, else the
// system's, and follows the system until one is chosen.

const chosenTheme = `roentgo ${new URL("./", document.baseURI).pathname} theme`; // as remember.js names it
const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(chosenTheme);
  } catch {
    // Storage is refused: the system's theme it is.
  }
  const dark = chosen ? chosen === "dark" : system.matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.querySelector('meta[name="theme-color"]').content = dark ? "#0d1315" : "#f4f6f5";
}

system.addEventListener("change", apply);
document.addEventListener("roentgo-theme", apply);
apply();
