// What the chosen image was made with, and what can be done with it.

import { byId, element } from "./dom.js";
import { confirmed, openDialog } from "./dialogs.js";
import { fillUntrusted, LABELS } from "./form.js";
import { linkOf } from "./link.js";
import { unknownNote } from "./prompt.js";
import { say } from "./speak.js";

function rows({ settings: s, made }) {
  const list = [
    ["Seed", s.seed],
    ["Steps", s.steps],
    ["Guidance", s.guidance],
    ["Sampler", `${LABELS[s.sampler] ?? s.sampler}, ${s.spacing} spacing`],
  ];
  if (s.negative) list.push(["Negative prompt", s.negative]);
  if (s.rescale > 0) list.push(["Guidance rescale", s.rescale]);
  if (s.eta > 0) list.push(["Eta", s.eta]);
  if (s.truncate) list.push(["Prompt", "cut where too long"]);
  list.push(["Model", `${s.model} ${s.modelHash.slice(0, 8)}`], ["Made", new Date(made).toLocaleString()]);
  return list;
}

export function startDetails(images) {
  const box = byId("details");
  images.addEventListener("choose", () => {
    const image = images.chosen;
    box.hidden = !image;
    if (!image) return;
    byId("details-prompt").textContent = image.settings.prompt || "Without a prompt";
    byId("details-unknown").textContent = unknownNote(image.unknownWords);
    byId("details-list").replaceChildren(...rows(image).flatMap(([name, value]) => [
      element("dt", { textContent: name }), element("dd", { textContent: value }),
    ]));
  });

  byId("save").addEventListener("click", () => {
    const { url, settings } = images.chosen;
    element("a", { href: url, download: `roentgo-synthetic-${settings.seed}.png` }).click();
  });
  byId("copy-link").addEventListener("click", async () => {
    const link = linkOf(images.chosen.settings);
    try {
      await navigator.clipboard.writeText(link);
      say("The link is copied.");
    } catch {
      byId("link-text").value = link;
      openDialog("link-dialog");
      byId("link-text").select();
    }
  });
  byId("use").addEventListener("click", () => {
    fillUntrusted(images.chosen.settings);
    say("The settings are those of this image.");
    byId("prompt").focus();
  });
  byId("delete").addEventListener("click", async () => {
    const image = images.chosen;
    if (!await confirmed("Delete this image?", "It goes from this device. Its settings and seed can make it again.", "Delete")) return;
    await images.delete(image);
    say("The image is deleted.");
    byId(images.chosen ? "delete" : "prompt").focus();
  });
}
