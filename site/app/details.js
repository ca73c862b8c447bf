// What the chosen image was made with, and what can be done with it.

import { byId, echo, element } from "./dom.js";
import { confirmed, openDialog } from "./dialogs.js";
import { fillUntrusted, LABELS } from "./form.js";
import { linkOf } from "./link.js";
import { say } from "./speak.js";
import { unknownNote } from "./unknown.js";

/** The rows of an image, or of a request that is being made. */
function rows({ settings: s, made }) {
  const list = [
    ["Seed", s.seed],
    ["Steps", s.steps],
    ["Guidance", s.guidanceHigh > 0 ? `${s.guidance}, timesteps ${s.guidanceLow} to ${s.guidanceHigh}` : s.guidance],
    ["Sampler", `${LABELS[s.sampler] ?? s.sampler}, ${s.spacing} spacing`],
  ];
  if (s.negative) list.push(["Negative prompt", echo(s.negative)]);
  if (s.rescale > 0) list.push(["Guidance rescale", s.rescale]);
  if (s.eta > 0) list.push(["Eta", s.eta]);
  if (s.truncate) list.push(["Prompt", "cut where too long"]);
  if (made) list.push(["Model", `${s.model} ${s.modelHash.slice(0, 8)}`], ["Made", new Date(made).toLocaleString()]);
  return list;
}

/** Returns a function that shows a request while its first image is being made. */
export function startDetails(images) {
  const show = ({ settings, unknownWords, made }) => {
    byId("details").hidden = false;
    byId("details-title").textContent = made ? "This image" : "Being made";
    byId("details-actions").hidden = !made;
    byId("details-prompt").textContent = settings.prompt || "Without a prompt";
    byId("details-unknown").replaceChildren(...unknownNote(unknownWords));
    byId("details-list").replaceChildren(...rows({ settings, made }).flatMap(([name, value]) => [
      element("dt", { textContent: name }), element("dd", {}, value),
    ]));
  };
  images.addEventListener("choose", () => {
    if (images.chosen) show(images.chosen);
    else byId("details").hidden = true;
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
  return settings => show({ settings });
}
