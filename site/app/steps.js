// Scrubbing: the model's guess of the chosen image at each step, over the image itself.

import { byId, debounce } from "./dom.js";
import { t } from "./language.js";

const range = byId("steps-range");

/** again(image) makes an image once more, to see its steps. */
export function startSteps(images, sheet, laboratory, again) {
  let trace = null;
  let decoding = false;

  /** Shows a step: the image itself at the last, else the decoded guess where it is there, else its preview. */
  const show = () => {
    const k = Number(range.value);
    const step = trace?.[k - 1];
    if (!step) return;
    const last = k === trace.length;
    const guess = step.decoded ?? step.preview;
    sheet.guess(images.chosen, last ? null : guess, t("steps.guess", { step: k, steps: trace.length }));
    byId("steps-output").textContent = t("steps.at", { step: k, steps: trace.length });
    range.ariaValueText = t("steps.step", { step: k, steps: trace.length });
    byId("steps-caption").textContent = last ? t("steps.finished")
      : step.decoded ? t("steps.guessed") : t("steps.rough");
  };

  /** Decodes the step that is shown; meanwhile the slider may go on. */
  const decode = async () => {
    if (decoding) return;
    const { sampler } = laboratory;
    const step = trace?.[range.value - 1];
    if (!sampler || !step || step.decoded || step === trace.at(-1)) return;
    decoding = true;
    try {
      step.decoded = await sampler.decode(step.latent);
    } catch {
      // The preview stays: the next move of the slider tries again.
      return;
    } finally {
      decoding = false;
    }
    show();
    decode();
  };
  const decodeSoon = debounce(120, decode);

  const open = () => {
    const image = sheet.has(images.chosen) ? images.chosen : null;
    trace = image?.trace?.length ? image.trace : null;
    byId("steps-panel").hidden = !trace;
    byId("steps-again").hidden = !image || !!trace;
    sheet.guess(image, null);
    if (!trace) return;
    range.max = trace.length;
    range.value = trace.length;
    show();
  };

  range.addEventListener("input", () => {
    show();
    decodeSoon();
  });
  images.addEventListener("choose", open);
  sheet.addEventListener("lay", open);
  byId("steps-again").addEventListener("click", async () => {
    const button = byId("steps-again");
    await again(images.chosen, {});
    if (button.hidden && trace) range.focus({ preventScroll: true });
  });
  open();
}
