// What computes, which model, and what this device keeps.

import { byId, element } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { forgetAll } from "./remember.js";
import { removePage } from "./offline.js";
import { say } from "./speak.js";

const WHERE = {
  kept: "Kept on this device, until it needs the room",
  persistent: "Kept on this device, until you remove it",
  memory: "In memory alone: gone with this page",
};

/** Bytes in words: "14.8 MB". */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)}\u00a0MB`;
}

/** more is what a narrow screen leaves out. */
function state(name, text, more = "") {
  byId("status-dot").dataset.state = name;
  byId("status-text").replaceChildren(text, element("span", { className: "more-text", textContent: more }));
}

/** onChoose is called with the device that is chosen; onRemove after a removal. */
export function startDevice(laboratory, images, { onChoose, onRemove }) {
  const showDevice = () => {
    // The library reports a device while it loads, too.
    if (!laboratory.sampler) return;
    const { device } = laboratory.sampler;
    byId("device-name").textContent = device.name;
    byId("device-reason").textContent = device.reason;
    state("ready", "Ready", device.kind === "webgpu" ? ": WebGPU" : ": WebAssembly");
  };

  laboratory.addEventListener("ready", () => {
    const { model, store } = laboratory.sampler;
    showDevice();
    byId("model-name").textContent = `${model.name} ${model.version}`;
    byId("model-text").textContent = `${model.imageSize} × ${model.imageSize} pixels, prompts of at most ${model.tokens} tokens. ${model.license}. Trained on ${model.trainingData}.`;
    byId("store-where").textContent = WHERE[store.where];
    byId("store-reason").textContent = store.reason;
  });
  laboratory.addEventListener("device", showDevice);
  laboratory.addEventListener("progress", ({ detail: { phase, loaded, total } }) => {
    if (phase === "download") state("busy", total ? `Loading ${Math.floor(loaded / total * 100)} %` : "Loading");
    if (phase === "prepare") state("busy", "Preparing");
  });
  laboratory.addEventListener("failed", ({ detail }) => state(detail.name === "AbortError" ? "" : "failed", "No model yet"));
  laboratory.addEventListener("closed", () => {
    state("", "No model yet");
    byId("device-name").textContent = "Not started";
    byId("device-reason").textContent = "";
  });

  const choice = byId("device-choice");
  choice.value = laboratory.choice;
  choice.addEventListener("change", () => onChoose(choice.value));

  byId("remove").addEventListener("click", async () => {
    if (!await confirmed("Remove all from this device?", "The model, your images and this page go. To use it again it must be downloaded again.", "Remove all")) return;
    await laboratory.remove();
    await images.remove();
    await removePage();
    forgetAll();
    choice.value = laboratory.choice;
    byId("store-where").textContent = "Nothing kept";
    byId("store-reason").textContent = "";
    byId("offline-state").textContent = "The page is not kept either: without a network it will not open again.";
    byId("model-name").textContent = "Not loaded";
    byId("model-text").textContent = "";
    say("All is removed from this device.");
    onRemove();
  });
}
