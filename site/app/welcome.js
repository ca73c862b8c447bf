// The first visit: what will be downloaded, and how far it is.

import { byId } from "./dom.js";
import { megabytes } from "./device.js";
import { announce } from "./speak.js";

const LABELS = { download: "Downloading", prepare: "Preparing" };

/** onDownload is called when the model is asked for. */
export function startWelcome(laboratory, images, bytes, onDownload) {
  const button = byId("download");
  const show = () => {
    const begun = laboratory.sampler !== null;
    byId("welcome").hidden = begun || images.chosen !== null;
    byId("idle").hidden = !begun || images.chosen !== null || !byId("sheet").hidden;
    button.hidden = laboratory.loading;
    byId("download-progress").hidden = !laboratory.loading;
  };
  button.textContent = laboratory.kept ? "Load the model" : `Download model · ${megabytes(bytes)}`;
  button.addEventListener("click", onDownload);
  byId("download-cancel").addEventListener("click", () => laboratory.pause());

  laboratory.addEventListener("progress", ({ detail: { phase, loaded, total, cached } }) => {
    show();
    if (phase === "ready") return;
    const part = total ? `, ${megabytes(loaded)} of ${megabytes(total)}` : "";
    const label = phase === "download" && total && cached >= total ? "Reading from this device" : LABELS[phase];
    byId("download-label").textContent = phase === "download" ? label + part : label;
    byId("download-bar").value = total ? loaded / total : 0;
  });
  laboratory.addEventListener("ready", () => {
    announce("The model is ready.");
    show();
  });
  laboratory.addEventListener("failed", () => {
    // The load that failed is over once its promise is.
    setTimeout(show);
    button.textContent = "Go on with the download";
  });
  laboratory.addEventListener("closed", show);
  images.addEventListener("choose", show);
  show();
  return show;
}
