// Images in words.

import { t } from "./language.js";

/** For screen readers and where a picture cannot be shown. */
export function describe(settings) {
  return t("describe", { prompt: settings.prompt || t("prompt.none"), seed: settings.seed });
}

/** For a caption. */
export function shortly(settings) {
  return t("describe.short", settings);
}
