// <roentgo-sampler>: a prompt, a button, the image and its download.

import { Sampler } from "./sampler.js";

// One sampler a model, for all elements of a page.
const samplers = new Map();

const CSS = `
:host { display: block; max-width: 32rem; font: inherit; color: inherit; }
:host([hidden]) { display: none; }
form { display: flex; gap: .5rem; flex-wrap: wrap; }
input { flex: 1 1 12rem; }
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

// On a server the class is there to be named, and nothing more.
const Element = globalThis.HTMLElement ?? class {};

const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

export class RoentgoSamplerElement extends Element {
  #form = make("form");
  #input = make("input", { type: "text", name: "prompt", maxLength: 65536, autocomplete: "off" });
  #button = make("button", { type: "submit", textContent: "Make an X-ray" });
  #progress = make("progress", { max: 1, hidden: true });
  #status = make("p");
  #figure = make("div");
  #link = make("a", { textContent: "Download PNG", hidden: true });
  #abort = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style()];
    this.#input.setAttribute("aria-label", "Report text");
    this.#progress.setAttribute("aria-label", "Progress");
    this.#status.setAttribute("role", "status");
    const warning = make("p", { className: "warning", textContent: "Synthetic, not for diagnosis." });
    this.#form.append(this.#input, this.#button);
    root.append(this.#form, this.#progress, this.#status, this.#figure, this.#link, warning);
    this.#form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (this.#abort) this.#abort.abort();
      else this.#run();
    });
  }

  connectedCallback() {
    if (!this.#input.value) this.#input.value = this.getAttribute("prompt") ?? "";
  }

  disconnectedCallback() {
    this.#abort?.abort();
  }

  async #sampler(signal) {
    const url = this.getAttribute("model");
    if (!url) throw new Error("the attribute model, the address of a manifest, is missing");
    const key = `${new URL(url, document.baseURI).href} ${this.getAttribute("device") ?? ""}`;
    if (!samplers.has(key)) {
      const loading = Sampler.load(url, {
        device: this.getAttribute("device") ?? undefined,
        manifestHash: this.getAttribute("manifest-hash") ?? undefined,
        signal,
        onProgress: ({ phase, loaded, total }) => {
          this.#progress.value = loaded / total;
          this.#say(phase === "download" ? `Loading the model: ${Math.round(loaded / 1e5) / 10} of ${Math.round(total / 1e5) / 10} MB` : "Preparing the model");
        },
      });
      samplers.set(key, loading);
      loading.catch(() => samplers.delete(key));
    }
    return samplers.get(key);
  }

  #say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  #number(name) {
    const text = this.getAttribute(name)?.trim();
    if (text === undefined) return undefined;
    return /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN; // which is refused
  }

  async #run() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
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
      };
      for await (const e of s.sample(request)) {
        if (e.type === "step") {
          this.#progress.value = e.step / e.steps;
          this.#say(`Step ${e.step} of ${e.steps}`);
        } else {
          await this.#show(e.image);
        }
      }
    } catch (error) {
      this.#say(signal.aborted ? "Cancelled." : error.message);
      if (!signal.aborted) this.dispatchEvent(new CustomEvent("roentgo-error", { detail: error, bubbles: true, composed: true }));
    } finally {
      this.#abort = null;
      this.#button.textContent = "Make an X-ray";
      this.#progress.hidden = true;
    }
  }

  async #show(image) {
    this.#figure.replaceChildren(image.canvas());
    URL.revokeObjectURL(this.#link.href);
    this.#link.href = URL.createObjectURL(await image.blob());
    this.#link.download = `xray-${image.settings.seed}.png`;
    this.#link.hidden = false;
    this.#say(image.unknownWords.length > 0 ? `Done. The model does not know: ${image.unknownWords.join(", ")}.` : "Done.");
    this.dispatchEvent(new CustomEvent("roentgo-image", { detail: image, bubbles: true, composed: true }));
  }
}

if (globalThis.customElements && !customElements.get("roentgo-sampler")) customElements.define("roentgo-sampler", RoentgoSamplerElement);
