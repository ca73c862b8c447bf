// The first visit: what will be downloaded, and how far it is.

import { byId } from "./dom.js";
import { megabytes } from "./device.js";
import { duration } from "./run.js";
import { announce } from "./speak.js";
import { t } from "./language.js";

const SETTLED = 2000; // milliseconds after which the speed of a line is known

const LABELS = { download: t("welcome.downloading"), prepare: t("welcome.preparing") };

/** The time that is left of a download, in words; "" while it cannot be known. */
class TimeLeft {
  of(loaded, total) {
    const now = performance.now();
    this.begun ??= { now, loaded };
    const took = now - this.begun.now;
    const came = loaded - this.begun.loaded;
    return took < SETTLED || came <= 0 || loaded >= total ? "" : `, ${t("time.left", { time: duration(took * (total - loaded) / came) })}`;
  }
}

/**
 * bytes are those that a first image costs, the engine's and the model's. onDownload
 * is called when the model is asked for.
 */
export function startWelcome(laboratory, images, bytes, onDownload) {
  const button = byId("download");
  const show = () => {
    const begun = laboratory.sampler !== null;
    const invited = !byId("invitation").hidden;
    byId("welcome").hidden = begun || invited || images.chosen !== null;
    byId("idle").hidden = !begun || invited || images.chosen !== null || !byId("sheet").hidden;
    button.hidden = laboratory.loading;
    // What is read from this device is here at once.
    byId("download-progress").hidden = !laboratory.loading || laboratory.kept && images.chosen !== null;
  };
  button.textContent = laboratory.kept ? t("learn.model.kept") : t("welcome.download", { megabytes: megabytes(bytes) });
  button.addEventListener("click", onDownload);
  byId("download-cancel").addEventListener("click", () => laboratory.pause());

  let left = new TimeLeft();
  laboratory.addEventListener("progress", ({ detail: { phase, loaded, total, cached } }) => {
    show();
    if (phase === "ready") return;
    const part = total ? `, ${t("welcome.part", { loaded: megabytes(loaded), total: megabytes(total) })}${left.of(loaded, total)}` : "";
    const label = phase === "download" && total && cached >= total ? t("welcome.reading") : LABELS[phase];
    byId("download-label").textContent = phase === "download" ? label + part : label;
    byId("download-bar").value = total ? loaded / total : 0;
  });
  laboratory.addEventListener("ready", () => {
    announce(t("learn.model.ready"));
    show();
  });
  laboratory.addEventListener("failed", () => {
    // The load that failed is over once its promise is.
    setTimeout(show);
    left = new TimeLeft();
    button.textContent = t("welcome.goon");
  });
  laboratory.addEventListener("closed", show);
  images.addEventListener("choose", show);
  show();
  return show;
}
