// The model: loaded once, and shared with the page that makes X-rays, which keeps it in
// the same place.

import { byId } from "../dom.js";
import { t } from "../language.js";
import { clearProblem, showProblem } from "../problem.js";
import { SEEDS } from "./questions.js";

/** bytes are those that a first visit fetches. onReady is called with the sampler. */
export function startModel(laboratory, bytes, onReady) {
  const load = byId("model-load");
  const text = byId("model-text");
  const bar = byId("model-bar");
  const show = () => {
    load.hidden = laboratory.loading || laboratory.sampler !== null;
    bar.hidden = byId("model-pause").hidden = !laboratory.loading;
  };
  const start = async () => {
    clearProblem();
    try {
      const sampler = await laboratory.load();
      show();
      if (sampler.model.hash === SEEDS.model_sha256) onReady(sampler);
      else text.textContent = t("learn.model.other");
    } catch (error) {
      // The load is over once its promise is.
      setTimeout(show);
      failed(error);
    }
  };
  /** Shows what went wrong; a pause is nothing wrong. */
  const failed = error => {
    if (error.name === "AbortError") {
      text.textContent = t("learn.model.why");
      return;
    }
    if (["closed", "internal", "memory"].includes(error.code)) laboratory.close();
    showProblem(error, {
      retry: start,
      reload: () => location.reload(),
      async wasm() {
        try {
          await laboratory.choose("wasm");
          start();
        } catch (again) {
          failed(again);
        }
      },
    });
  };

  load.textContent = laboratory.kept ? t("learn.model.kept") : t("learn.model.size", { megabytes: (bytes / 1e6).toFixed(1) });
  load.addEventListener("click", start);
  byId("model-pause").addEventListener("click", () => laboratory.pause());
  laboratory.addEventListener("progress", ({ detail: { phase, loaded, total } }) => {
    show();
    if (phase === "download") {
      const part = total ? loaded / total : 0;
      bar.value = part;
      text.textContent = t("learn.model.loading", { percent: Math.floor(100 * part) });
    } else if (phase === "prepare") text.textContent = t("learn.model.preparing");
  });
  laboratory.addEventListener("ready", () => {
    text.textContent = t("learn.model.ready");
    show();
  });
  laboratory.addEventListener("closed", show);
  show();
  if (laboratory.kept) start();
  return failed;
}
