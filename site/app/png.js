// Settings from a PNG file that roentgo made: chosen or dropped. The library
// reads it as untrusted, and settings.js bounds what it read.

import { byId } from "./dom.js";
import { t } from "./language.js";

/** The largest file that is looked at. */
const MAX_FILE = 16 << 20;

/** onFile is called with the file. */
export function startPNG(onFile) {
  const input = byId("png-file");
  byId("open-png").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = "";
    if (file) onFile(file);
  });

  const layer = byId("drop");
  const files = event => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", event => {
    if (!files(event)) return;
    event.preventDefault();
    layer.hidden = false;
  });
  document.addEventListener("dragleave", event => {
    if (!event.relatedTarget) layer.hidden = true;
  });
  document.addEventListener("drop", event => {
    layer.hidden = true;
    if (!files(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) onFile(file);
  });
}

/** The settings inside a file. */
export async function settingsIn(sampler, file) {
  if (file.size > MAX_FILE) throw new Error(t("file.large", { name: file.name, bytes: file.size, most: MAX_FILE }));
  return sampler.readSettings(file);
}
