// Scrubbing: the model's guess of the image at each step.

import { byId, debounce, paint } from "./dom.js";

const range = byId("steps-range");
const canvas = byId("steps-canvas");

/**
 * again(image) makes an image once more, to see its steps. busy() reports
 * whether a run is on its way.
 */
export function startSteps(images, laboratory, again) {
  let trace = null;
  let decoding = false;

  const idle = text => {
    byId("steps-film").hidden = byId("steps-control").hidden = text !== "";
    byId("steps-idle").textContent = text;
  };

  const caption = what => {
    const k = Number(range.value);
    byId("steps-output").textContent = `${k} of ${range.max}`;
    byId("steps-caption").textContent = what;
    range.ariaValueText = `Step ${k} of ${range.max}`;
  };

  /** Shows a step: the decoded image where it is there, else its preview. */
  const show = () => {
    const step = trace?.[range.value - 1];
    if (!step) return;
    paint(canvas, step.decoded ?? step.preview);
    canvas.classList.toggle("rough", !step.decoded);
    caption(step.decoded ? "Synthetic · the guess at this step, decoded" : "Synthetic · a rough preview; the decoder is at work");
  };

  /** Decodes the step that is shown; meanwhile the slider may go on. */
  const decode = async () => {
    if (decoding) return;
    const { sampler } = laboratory;
    const step = trace?.[range.value - 1];
    if (!sampler || !step || step.decoded) return;
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
    const image = images.chosen;
    trace = image?.trace?.length ? image.trace : null;
    byId("steps-again").hidden = !image || !!trace;
    if (!image) return idle("Make an image first; then its steps are here.");
    if (!trace) return idle("The steps of this image are not kept. Made again, it is the same, and its steps can be seen.");
    idle("");
    range.max = trace.length;
    range.value = trace.length;
    show();
    decodeSoon();
  };

  range.addEventListener("input", () => {
    show();
    decodeSoon();
  });
  images.addEventListener("choose", open);
  byId("steps-again").addEventListener("click", () => again(images.chosen, {}));
  open();
}
