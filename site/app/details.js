// What the chosen image was made with, and what can be done with it.

import { byId, echo, element } from "./dom.js";
import { confirmed, openDialog } from "./dialogs.js";
import { fillUntrusted, LABELS } from "./form.js";
import { linkOf } from "./link.js";
import { say } from "./speak.js";
import { unknownNote } from "./unknown.js";
import { language, t } from "./language.js";

/** The rows of an image, or of a request that is being made. */
function rows({ settings: s, made }) {
  const list = [
    [t("details.seed"), s.seed],
    [t("details.steps"), s.steps],
    [t("details.guidance"), s.guidanceHigh > 0 ? t("details.timesteps", { guidance: s.guidance, low: s.guidanceLow, high: s.guidanceHigh }) : s.guidance],
    [t("details.sampler"), t("details.spacing", { sampler: LABELS[s.sampler] ?? s.sampler, spacing: LABELS[s.spacing] ?? s.spacing })],
  ];
  if (s.negative) list.push([t("details.negative"), echo(s.negative)]);
  if (s.rescale > 0) list.push([t("details.rescale"), s.rescale]);
  if (s.eta > 0) list.push([t("details.eta"), s.eta]);
  if (s.truncate) list.push([t("details.prompt"), t("details.cut")]);
  if (made) list.push([t("learn.model"), `${s.model} ${s.modelHash.slice(0, 8)}`], [t("details.made"), new Date(made).toLocaleString(language)]);
  return list;
}

/** Returns a function that shows a request while its first image is being made. */
export function startDetails(images) {
  const show = ({ settings, unknownWords, made }) => {
    byId("details").hidden = false;
    byId("details-title").textContent = made ? t("details.this") : t("details.being");
    byId("details-actions").hidden = !made;
    byId("details-prompt").textContent = settings.prompt || t("details.without");
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
      say(t("link.copied"));
    } catch {
      byId("link-text").value = link;
      openDialog("link-dialog");
      byId("link-text").select();
    }
  });
  byId("use").addEventListener("click", () => {
    fillUntrusted(images.chosen.settings);
    say(t("settings.taken"));
    byId("prompt").focus();
  });
  byId("delete").addEventListener("click", async () => {
    const image = images.chosen;
    if (!await confirmed(t("delete.title"), t("delete.text"), t("delete"))) return;
    await images.delete(image);
    say(t("deleted"));
    byId(images.chosen ? "delete" : "prompt").focus();
  });
  return settings => show({ settings });
}
