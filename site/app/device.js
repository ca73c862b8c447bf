// What computes, which model, and what this device keeps.

import { byId, element } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { forgetAll } from "./remember.js";
import { removePage } from "./offline.js";
import { say } from "./speak.js";
import { language, t } from "./language.js";

const WHERE = {
  kept: t("store.kept"),
  persistent: t("store.persistent"),
  memory: t("store.memory"),
};

/** Bytes in words: "14.8 MB". */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}\u00a0MB`;
}

/** more is what a narrow screen leaves out. */
function state(name, text, more = "") {
  byId("status-dot").dataset.state = name;
  byId("status-text").replaceChildren(text, element("span", { className: "more-text", translate: false, textContent: more }));
}

/** all are the laboratories of which a removal leaves nothing. onChoose is called with the device that is chosen; onRemove after a removal. */
export function startDevice(laboratory, all, images, { onChoose, onRemove }) {
  const showDevice = () => {
    // The library reports a device while it loads, too.
    if (!laboratory.sampler) return;
    const { device } = laboratory.sampler;
    byId("device-name").textContent = device.name;
    byId("device-reason").textContent = device.reason;
    state("ready", t("status.ready"), device.kind === "webgpu" ? ": WebGPU" : ": WebAssembly");
  };

  laboratory.addEventListener("ready", () => {
    const { model, store } = laboratory.sampler;
    showDevice();
    byId("model-name").textContent = `${model.name} ${model.version}`;
    byId("model-text").textContent = t("model.about", { size: model.imageSize, tokens: model.tokens, license: model.license, data: model.trainingData });
    byId("store-where").textContent = WHERE[store.where];
    byId("store-reason").textContent = store.reason;
  });
  laboratory.addEventListener("device", showDevice);
  laboratory.addEventListener("progress", ({ detail: { phase, loaded, total } }) => {
    if (phase === "download") state("busy", total ? t("status.percent", { percent: Math.floor(loaded / total * 100) }) : t("status.loading"));
    if (phase === "prepare") state("busy", t("welcome.preparing"));
  });
  laboratory.addEventListener("failed", ({ detail }) => state(detail.name === "AbortError" ? "" : "failed", t("status.none")));
  laboratory.addEventListener("closed", () => {
    state("", t("status.none"));
    byId("device-name").textContent = t("device.none");
    byId("device-reason").textContent = "";
  });

  const choice = byId("device-choice");
  choice.value = laboratory.choice;
  choice.addEventListener("change", () => onChoose(choice.value));

  byId("remove").addEventListener("click", async () => {
    if (!await confirmed(t("remove.title"), t("remove.text"), t("remove.yes"))) return;
    for (const l of all) await l.remove();
    await images.remove();
    await removePage();
    forgetAll();
    choice.value = laboratory.choice;
    byId("store-where").textContent = t("store.none");
    byId("store-reason").textContent = "";
    byId("offline-state").textContent = t("offline.removed");
    byId("model-name").textContent = t("model.none");
    byId("model-text").textContent = "";
    say(t("removed"));
    onRemove();
  });
}
