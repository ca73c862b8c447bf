// A request on its way. There is one at a time.

import { byId } from "./dom.js";
import { announce } from "./speak.js";
import { t } from "./language.js";

/** How many bytes of latents a run may keep for its steps to be seen. */
const MAX_LATENTS = 64 << 20;

/** Events: "begin" and "end". */
export class Runner extends EventTarget {
  #laboratory;
  #controller = null;

  constructor(laboratory) {
    super();
    this.#laboratory = laboratory;
    byId("cancel").addEventListener("click", () => this.cancel());
  }

  get busy() { return this.#controller !== null; }

  cancel() {
    this.#controller?.abort(new DOMException("cancelled", "AbortError"));
  }

  /**
   * Makes the images of a request, and calls onStep with each StepEvent and
   * onImage with each SampledImage, its number and its trace: the steps that
   * have a preview. Returns whether it came to its end.
   */
  async run(request, { onStep, onImage }) {
    if (this.busy) return false;
    const { signal } = this.#controller = new AbortController();
    this.dispatchEvent(new Event("begin"));
    try {
      signal.addEventListener("abort", () => this.#laboratory.pause());
      const sampler = await this.#laboratory.load();
      const { latentSize } = sampler.model;
      const bytes = (request.count ?? 1) * request.steps * 8 * latentSize ** 2 * 4;
      progress.begin(request.prompt);
      let trace = [];
      for await (const event of sampler.sample({ ...request, latents: bytes <= MAX_LATENTS, signal })) {
        if (event.type === "step") {
          if (event.preview && event.latent) trace.push({ preview: event.preview, latent: event.latent });
          progress.step(event);
          onStep?.(event);
        } else {
          await onImage?.(event.image, event.index, trace);
          trace = [];
        }
      }
      progress.end("done");
      return true;
    } catch (error) {
      progress.end(signal.aborted ? "cancelled" : "failed");
      if (signal.aborted) return false;
      throw error;
    } finally {
      this.#controller = null;
      this.dispatchEvent(new Event("end"));
    }
  }
}

/** The bar, the time that is left, and what screen readers hear: a quarter at a time. */
const progress = {
  announced: 0,

  begin(prompt) {
    this.announced = 0;
    byId("progress").hidden = false;
    byId("request").dataset.busy = "";
    // Make gives way to Cancel, and the keyboard goes with it.
    if (document.activeElement === byId("make")) byId("cancel").focus({ preventScroll: true });
    this.show(t("run.reading"), "", 0);
    announce(prompt ? t("run.making", { prompt }) : t("run.without"));
  },

  step({ image, images, step, steps, remaining }) {
    const share = (image * steps + step) / (images * steps);
    const left = remaining > 0 ? t("time.left", { time: duration(remaining) }) : "";
    this.show(t(images > 1 ? "run.image" : "steps.step", { image: image + 1, images, step, steps }), left, share);
    const quarter = Math.floor(share * 4);
    if (quarter > this.announced && quarter < 4) {
      this.announced = quarter;
      announce([t("run.percent", { percent: quarter * 25 }), left].filter(Boolean).join(", "));
    }
  },

  end(how) {
    const back = document.activeElement === byId("cancel");
    byId("progress").hidden = true;
    delete byId("request").dataset.busy;
    if (back) byId("make").focus({ preventScroll: true });
    if (how === "cancelled") announce(t("run.cancelled"));
  },

  show(label, eta, share) {
    byId("progress-label").textContent = label;
    byId("progress-eta").textContent = eta;
    byId("progress-bar").value = share;
  },
};

/** Milliseconds in words: "about 12 s". */
export function duration(ms) {
  const s = ms / 1000;
  if (s < 1.5) return t("time.second");
  if (s < 90) return t("time.seconds", { s: Math.round(s) });
  return t("time.minutes", { min: Math.round(s / 60) });
}
