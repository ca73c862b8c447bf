// Two prompts, one seed: side by side, with a map of what differs.

import { byId, paint, pixelsOf } from "./dom.js";
import { coloured, diverging, paintRamp } from "./colours.js";
import { describe } from "./describe.js";
import { centred, difference } from "./difference.js";
import { requestOf } from "./settings.js";

/** make(request, onStep) makes an image, which it resolves with, or null. */
export function startCompare(images, make) {
  let a = null; // the image that is compared with another, while it is the chosen one

  const idle = text => {
    byId("compare-idle").textContent = text;
    byId("compare-films").hidden = text !== "";
    byId("compare-legend").hidden = true;
  };

  const showA = a => {
    byId("compare-a").src = a.url;
    byId("compare-a").alt = describe(a.settings);
    byId("compare-a-text").textContent = a.settings.prompt || "no prompt";
  };

  const showDifference = async (a, b) => {
    const [pixelsA, pixelsB] = await Promise.all([pixelsOf(a.png), pixelsOf(b.png)]);
    if (images.chosen !== a) return;
    const map = byId("compare-map");
    const d = difference(pixelsA, pixelsB);
    for (const canvas of [byId("compare-b"), map]) Object.assign(canvas, { width: pixelsB.width, height: pixelsB.height });
    paint(byId("compare-b"), pixelsB);
    paint(map, coloured(centred(d), pixelsB.width, pixelsB.height, diverging));
    byId("compare-b").ariaLabel = describe(b.settings);
    const text = `${d.mean < 1 ? "almost the same: the words hardly mattered here" : "where they differ"} (mean ${d.mean.toFixed(1)}, colours to ±${d.scale} of 255 grey levels)`;
    map.ariaLabel = `Difference, B less A: ${text}`;
    byId("compare-map-text").textContent = text;
    byId("compare-legend").hidden = false;
  };

  const open = () => {
    const { chosen } = images;
    if (chosen && chosen === a) return;
    a = null;
    byId("compare-form").hidden = !chosen;
    idle(chosen ? `A is the chosen image: ${chosen.settings.prompt || "no prompt"}.` : "Make an image first: it is A.");
  };

  byId("compare-form").addEventListener("submit", async event => {
    event.preventDefault();
    const prompt = byId("compare-prompt").value.trim();
    a = images.chosen;
    idle("");
    showA(a);
    for (const canvas of [byId("compare-b"), byId("compare-map")]) canvas.width = canvas.height = 256; // clears it
    byId("compare-b-text").textContent = prompt;
    byId("compare-map-text").textContent = "";
    const b = await make({ ...requestOf(a.settings), prompt }, step => step.preview && paint(byId("compare-b"), step.preview));
    if (b && images.chosen === a) await showDifference(a, b);
    else {
      a = null;
      open();
    }
  });
  images.addEventListener("choose", open);
  paintRamp(byId("compare-ramp"), diverging);
  open();
}
