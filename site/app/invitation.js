// A link that somebody shared: what it makes, and one button that makes it.

import { byId } from "./dom.js";
import { megabytes } from "./device.js";
import { t } from "./language.js";

const box = byId("invitation");
const button = byId("invitation-make");

/** The settings of a link in words; those that it leaves open are the model's own. */
function inWords({ seed, count, steps, guidance }) {
  return [seed && t("learn.seed", { seed }), count > 1 && t("images.count", { count }), steps && t("steps.count", { steps }), guidance && t("guidance.of", { guidance })].filter(Boolean).join(" · ");
}

/** bytes are those of a first image; make() makes what the form has, and onChange is called when the invitation comes or goes. */
export function startInvitation({ laboratory, images, bytes, make, onChange }) {
  const withdraw = () => {
    if (box.hidden) return;
    box.hidden = true;
    onChange();
  };
  button.addEventListener("click", () => {
    byId("make").focus({ preventScroll: true }); // the button goes
    make();
  });
  images.addEventListener("choose", () => images.chosen && withdraw());
  // What a visitor changes is no longer what the link says.
  byId("request").addEventListener("input", event => event.isTrusted && withdraw());

  /** Offers clean settings of a link, in place of what the stage shows. */
  const offer = settings => {
    images.choose(null);
    byId("invitation-prompt").textContent = settings.prompt || t("invitation.without");
    byId("invitation-settings").textContent = inWords(settings);
    byId("invitation-fine").textContent = laboratory.sampler || laboratory.kept ? "" : t("invitation.download", { megabytes: megabytes(bytes) });
    box.hidden = false;
    onChange();
  };
  return { offer, withdraw };
}
