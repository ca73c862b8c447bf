// roentgo in a browser: the page's side. All work is the worker's; see
// roentgo.d.ts for what each name means.

import { remove } from "./cache.js";
import { RoentgoError, unpacked } from "./errors.js";
import { startWorker } from "./start.js";

export { RoentgoError };

const MAX_PNG = 64 << 20; // bytes of a file whose settings are read
const MAX_THREADS = 32; // more cores than that share a memory badly
const USUAL_THREADS = 8; // unless asked for more: the page and other programs want some too

// The pseudorandom seed of a request without one: below 2⁵³, which every
// program can read exactly.
const drawSeed = () => (crypto.getRandomValues(new BigUint64Array(1))[0] >> 11n).toString();

function seedText(seed) {
  if (seed === undefined || seed === null || seed === "") return drawSeed();
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
    throw new RoentgoError("request", `the seed ${seed} is no whole number that JavaScript keeps exactly: give it as a BigInt or as text`);
  }
  return String(seed);
}

// JSON has no NaN and no infinity: it would make null of them, a setting that
// is left open.
function finite(name, value) {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RoentgoError("request", `${name} is ${value}: a number is needed`);
  return value;
}


// An address as the page means it.
const absolute = (url) => new URL(url, globalThis.document?.baseURI ?? location.href).href;

class SampledImage {
  #png;
  constructor({ size, pixels, marked, png, settings, unknownWords, attention }) {
    this.size = size;
    this.pixels = pixels;
    this.imageData = new ImageData(marked, size, size);
    this.settings = settings;
    this.unknownWords = unknownWords;
    if (attention) this.attention = attention;
    this.#png = png;
  }

  async blob() {
    return new Blob([this.#png], { type: "image/png" });
  }

  canvas() {
    const c = document.createElement("canvas");
    c.width = c.height = this.size;
    c.getContext("2d").putImageData(this.imageData, 0, 0);
    c.setAttribute("role", "img");
    c.setAttribute("aria-label", `Synthetic chest X-ray, not for diagnosis${this.settings.prompt ? `: ${this.settings.prompt}` : ""}`);
    return c;
  }
}

export class Sampler {
  #worker;
  #calls = new Map(); // by number: {resolve, reject, event}
  #number = 0;
  #options;
  #ended = null; // the error after which nothing works any more

  static async load(manifest, options = {}) {
    options.signal?.throwIfAborted();
    if (typeof Worker === "undefined" || typeof WebAssembly === "undefined" || typeof location === "undefined") {
      throw new RoentgoError("unsupported", "there are no workers or no WebAssembly here: a browser is needed");
    }
    const s = new Sampler();
    try {
      await s.#start(absolute(manifest), options);
    } catch (error) {
      s.close();
      throw error;
    }
    return s;
  }

  static remove() {
    return remove();
  }

  async #start(url, options) {
    this.#options = options;
    const { device = "auto", threads, manifestHash = "", keep = true, signal, workerURL, wasmURL } = options;
    if (!["auto", "webgpu", "wasm"].includes(device)) throw new RoentgoError("request", `no device ${JSON.stringify(device)}: there are auto, webgpu and wasm`);
    if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) throw new RoentgoError("request", `threads is ${threads}, a whole number from 1 is needed`);
    this.#worker = startWorker(workerURL && absolute(workerURL));
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (e) => this.#end(new RoentgoError("network", `the worker could not be started (${e.message || "its script was not found, or the page's policy forbids it"})`));
    if (keep) navigator.storage?.persist?.().catch(() => {}); // refused: the model is kept while there is room
    const cores = navigator.hardwareConcurrency || 1;
    const opened = await this.#call(
      "load",
      { url, wasmURL: wasmURL && absolute(wasmURL), device, manifestHash, keep, threads: globalThis.crossOriginIsolated ? Math.min(threads ?? Math.min(cores, USUAL_THREADS), MAX_THREADS) : 1 },
      { signal },
    );
    this.model = Object.freeze(opened.model);
    this.device = Object.freeze(opened.device);
    const persistent = opened.store.where === "kept" && (await navigator.storage?.persisted?.().catch(() => false));
    this.store = Object.freeze(persistent ? { where: "persistent", reason: "" } : opened.store);
  }

  #receive(message) {
    const call = this.#calls.get(message.call);
    switch (message.type) {
      case "progress":
        return this.#options.onProgress?.(message.progress);
      case "device":
        this.device = Object.freeze(message.device);
        return this.#options.onDevice?.(this.device);
      case "event":
        return call?.event(message.event);
      case "done":
        return call?.resolve(message.value);
      case "failed":
        return call?.reject(unpacked(message.error));
      case "ended":
        return this.#end(unpacked(message.error));
    }
  }

  #end(error) {
    this.#ended ??= error;
    this.#worker?.terminate();
    for (const c of this.#calls.values()) c.reject(this.#ended);
  }

  // Calls a method of the worker. An aborted signal ends it with its reason.
  async #call(type, args, { signal, event, transfer = [] } = {}) {
    if (this.#ended) throw this.#ended;
    signal?.throwIfAborted();
    const call = ++this.#number;
    const abort = () => this.#worker.postMessage({ type: "cancel", call });
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(call, { resolve, reject, event });
        signal?.addEventListener("abort", abort, { once: true });
        this.#worker.postMessage({ type, call, ...args }, transfer);
      });
    } catch (error) {
      if (error?.name === "AbortError" && signal?.aborted) throw signal.reason;
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#calls.delete(call);
    }
  }

  async *sample(request = {}) {
    const { signal, seed, ...settings } = request;
    const text = JSON.stringify({ ...settings, seed: seedText(seed) }, finite);
    const size = this.model.latentSize;
    const queue = [];
    let wake = () => {};
    let over = false;
    let failure;
    let call;
    const left = new AbortController(); // the loop was left
    const event = (e) => {
      queue.push(e);
      wake();
    };
    const run = this.#call("sample", { request: text }, { event, signal: AbortSignal.any([left.signal, ...(signal ? [signal] : [])]) });
    call = this.#number;
    run.catch((error) => (failure = error)).finally(() => {
      over = true;
      wake();
    });
    try {
      for (;;) {
        while (queue.length > 0) {
          const e = queue.shift();
          if (e.type === "image") {
            const { type, index, images, ...image } = e;
            // The worker goes on to the next image while this one is looked at.
            if (!this.#ended) this.#worker.postMessage({ type: "taken", call });
            yield { type, index, images, image: new SampledImage(image) };
            continue;
          }
          if (e.preview) e.preview = new ImageData(e.preview, size, size);
          yield e;
        }
        if (over) break;
        await new Promise((resolve) => (wake = resolve));
      }
      if (failure) throw failure;
    } finally {
      left.abort();
    }
  }

  async decode(latent) {
    const { size, marked } = await this.#call("decode", { latent });
    return new ImageData(marked, size, size);
  }

  vocabulary() {
    return this.#call("vocabulary");
  }

  unknownWords(text) {
    return this.#call("unknownWords", { text: String(text) });
  }

  async readSettings(file) {
    if (file.size > MAX_PNG) throw new RoentgoError("request", `the file has ${file.size} bytes: that is no image of roentgo`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    return this.#call("readSettings", { bytes }, { transfer: [bytes.buffer] });
  }

  close() {
    this.#end(new RoentgoError("closed", "the sampler was closed"));
  }
}
