// <roentgo-sampler>: a prompt, a button, the image and its download.

import { RoentgoError } from "./errors.js";
import { hold } from "./shared.js";

const CSS = `
:host { display: block; max-width: 32rem; font: inherit; color: inherit; }
:host([hidden]) { display: none; }
.form { display: flex; gap: .5rem; flex-wrap: wrap; }
input { flex: 1 1 12rem; min-width: 0; }
input, button { font: inherit; padding: .5rem .75rem; min-height: 2.5rem; box-sizing: border-box; }
progress { width: 100%; margin-top: .5rem; }
canvas { display: block; width: 100%; height: auto; margin-top: .5rem; background: #000; image-rendering: auto; }
p { margin: .5rem 0 0; }
.warning { font-weight: 600; }
[hidden] { display: none !important; }
`;

// Adopted, and not a style element: a page's policy may forbid those. One for
// all elements, made for the first of them: where pages are rendered on a
// server there are no style sheets.
let sheet;
function style() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}

const make = (tag, part, properties = {}) => {
  const e = Object.assign(document.createElement(tag), properties);
  e.setAttribute("part", part);
  return e;
};

const megabytes = (bytes) => Math.round(bytes / 1e5) / 10;

// On a server the class is there to be named, and nothing more.
const Element = globalThis.HTMLElement ?? class {};

export class RoentgoSamplerElement extends Element {
  static observedAttributes = ["prompt", "model", "device", "manifest-hash"];

  // No form element: a sandbox without allow-forms lets none be sent, not even to a listener.
  #form = make("div", "form", { className: "form" });
  #input = make("input", "input", { type: "text", name: "prompt", maxLength: 65536, autocomplete: "off" });
  #button = make("button", "button", { type: "button", textContent: "Make an X-ray" });
  #progress = make("progress", "progress", { max: 1, hidden: true });
  #status = make("p", "status");
  #figure = make("div", "figure");
  #link = make("a", "download", { textContent: "Download PNG", hidden: true });
  #abort = null;
  #held = null; // the page's sampler of this model

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style()];
    this.#input.setAttribute("aria-label", "Report text");
    this.#progress.setAttribute("aria-label", "Progress");
    this.#status.setAttribute("role", "status");
    const warning = make("p", "warning", { className: "warning", textContent: "Synthetic, not for diagnosis." });
    this.#form.append(this.#input, this.#button);
    root.append(document.createElement("slot"), this.#form, this.#progress, this.#status, this.#figure, this.#link, warning);
    this.#button.addEventListener("click", () => this.#press());
    this.#input.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.isComposing) this.#press();
    });
  }

  #press() {
    if (this.#abort) this.#abort.abort();
    else this.#run();
  }

  attributeChangedCallback(name, before, value) {
    if (name === "prompt") this.#input.value = value ?? "";
    else if (before !== value) this.#letGo();
  }

  disconnectedCallback() {
    // Not one that is only moved elsewhere in the page.
    queueMicrotask(() => {
      if (!this.isConnected) this.#letGo();
    });
  }

  // Ends what is being made and lets go of the sampler.
  #letGo() {
    this.#abort?.abort();
    this.#held?.release();
    this.#held = null;
  }

  #sampler(signal) {
    const url = this.getAttribute("model");
    if (!url) throw new RoentgoError("request", "the attribute model, the address of a manifest, is missing", { field: "model" });
    this.#held ??= hold(url, { device: this.getAttribute("device") ?? undefined, manifestHash: this.getAttribute("manifest-hash") ?? undefined });
    return this.#held.get(signal, ({ phase, loaded, total }) => {
      this.#progress.value = loaded / total;
      this.#say(phase === "download" ? `Loading the model: ${megabytes(loaded)} of ${megabytes(total)} MB` : "Preparing the model");
    });
  }

  #say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  #number(name) {
    const text = this.getAttribute(name)?.trim();
    if (text === undefined) return undefined;
    if (!/^[0-9]+(\.[0-9]+)?$/.test(text)) throw new RoentgoError("request", `the attribute ${name} is ${JSON.stringify(text)}: a number is needed`, { field: name });
    return Number(text);
  }

  async #run() {
    const controller = (this.#abort = new AbortController());
    const { signal } = controller;
    let outcome; // reported once the next press makes another
    this.#button.textContent = "Cancel";
    this.#progress.hidden = false;
    this.#progress.removeAttribute("value");
    try {
      const s = await this.#sampler(signal);
      const request = {
        prompt: this.#input.value,
        negative: this.getAttribute("negative") ?? undefined,
        seed: this.getAttribute("seed") ?? undefined,
        steps: this.#number("steps"),
        guidance: this.#number("guidance"),
        signal,
        onStep: ({ step, steps }) => {
          this.#progress.value = step / steps;
          this.#say(`Step ${step} of ${steps}`);
        },
      };
      const image = await s.image(request);
      await this.#show(image);
      outcome = ["roentgo-image", image];
    } catch (error) {
      this.#say(signal.aborted ? "Cancelled." : error.message);
      if (!signal.aborted) outcome = ["roentgo-error", error];
    } finally {
      if (this.#abort === controller) this.#abort = null;
      this.#button.textContent = "Make an X-ray";
      this.#progress.hidden = true;
    }
    if (outcome) this.dispatchEvent(new CustomEvent(outcome[0], { detail: outcome[1], bubbles: true, composed: true }));
  }

  async #show(image) {
    const canvas = image.canvas();
    canvas.setAttribute("part", "image");
    this.#figure.replaceChildren(canvas);
    URL.revokeObjectURL(this.#link.href);
    this.#link.href = URL.createObjectURL(await image.blob());
    this.#link.download = `xray-${image.settings.seed}.png`;
    this.#link.hidden = false;
    this.#say(image.unknownWords.length > 0 ? `Done. The model does not know: ${image.unknownWords.join(", ")}.` : "Done.");
  }
}

if (globalThis.customElements && !customElements.get("roentgo-sampler")) customElements.define("roentgo-sampler", RoentgoSamplerElement);
