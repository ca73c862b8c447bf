// roentgo on the page's side. All work is the worker's; see roentgo.d.ts for
// what each name means.

import { browser } from "./browser.js";
import { remove } from "./cache.js";
import { RoentgoError, unpacked } from "./errors.js";
import { SampledImage } from "./image.js";
import { checked, refuse, signalOf } from "./request.js";

export { RoentgoError };

const MAX_PNG = 64 << 20; // bytes of a file whose settings are read
const LEAST_SECRET = 16; // bytes of a watermark's secret
const DEVICES = ["auto", "webgpu", "wasm"];

// A loop that nobody can go on with any more is left.
const abandoned = new FinalizationRegistry((left) => left.abort());

// An address as the platform means it.
function addressOf(field, value, { absolute }) {
  if (value instanceof URL || (typeof value === "string" && value !== "")) {
    try {
      return absolute(value);
    } catch {
      // refused below
    }
  }
  refuse(field, value, "an address");
}

function checkOptions(options, platform) {
  if (typeof options !== "object" || options === null) refuse("options", options, "an object");
  const { device = "auto", threads, manifestHash = "", watermarkKey = "", keep = true, onProgress, onDevice, signal, workerURL, wasmURL, ...others } = options;
  const url = (field, value) => (value === undefined ? undefined : addressOf(field, value, platform));
  for (const name of Object.keys(others)) throw new RoentgoError("request", `load has no option ${name}`, { field: name });
  if (!DEVICES.includes(device)) refuse("device", device, `one of ${DEVICES.join(", ")}`);
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) refuse("threads", threads, "a whole number from 1");
  if (manifestHash !== "" && !/^[0-9a-f]{64}$/.test(manifestHash)) refuse("manifestHash", manifestHash, "a SHA-256 of 64 hexadecimal digits");
  if (typeof watermarkKey !== "string" || (watermarkKey !== "" && new TextEncoder().encode(watermarkKey).length < LEAST_SECRET)) {
    throw new RoentgoError("request", `watermarkKey is no text of ${LEAST_SECRET} bytes or more`, { field: "watermarkKey" }); // a secret is not shown
  }
  if (typeof keep !== "boolean") refuse("keep", keep, "true or false");
  for (const [field, f] of Object.entries({ onProgress, onDevice })) if (f !== undefined && typeof f !== "function") refuse(field, f, "a function");
  return { device, threads, manifestHash, watermarkKey, keep, onProgress, onDevice, signal: signalOf({ signal }), workerURL: url("workerURL", workerURL), wasmURL: url("wasmURL", wasmURL) };
}

export class Sampler {
  static platform = browser;

  #platform = this.constructor.platform;
  #worker;
  #calls = new Map(); // by number: {resolve, reject, event}
  #number = 0;
  #options;
  #ended = null; // the error after which nothing works any more

  static async load(manifest, options = {}) {
    this.platform.check();
    const url = addressOf("manifest", manifest, this.platform);
    const o = checkOptions(options, this.platform);
    o.signal?.throwIfAborted();
    const s = new this();
    try {
      await s.#start(url, o);
    } catch (error) {
      s.close();
      throw error;
    }
    return s;
  }

  static async remove(manifest) {
    await remove(manifest === undefined ? undefined : addressOf("manifest", manifest, this.platform));
  }

  async #start(url, options) {
    this.#options = options;
    const { device, threads, manifestHash, watermarkKey, keep, signal, workerURL, wasmURL } = options;
    this.#worker = this.#platform.start(workerURL);
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = async ({ message }) => this.#end(await this.#platform.notStarted(workerURL, message));
    if (keep) this.#platform.persist();
    const opened = await this.#call(
      "load",
      { url, wasmURL, device, manifestHash, watermarkKey, keep, threads: this.#platform.threads(threads) },
      { signal },
    );
    this.model = Object.freeze(opened.model);
    this.device = Object.freeze(opened.device);
    const persistent = opened.store.where === "kept" && (await this.#platform.persisted());
    this.store = Object.freeze(persistent ? { where: "persistent", reason: "" } : opened.store);
  }

  get closed() {
    return this.#ended !== null;
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

  sample(request = {}) {
    const left = new AbortController();
    const events = this.#prompts(request, left.signal);
    abandoned.register(events, left);
    return events;
  }

  async image(request = {}) {
    if (typeof request !== "object" || request === null) refuse("request", request, "an object");
    const { onStep, ...wanted } = request;
    if (onStep !== undefined && typeof onStep !== "function") refuse("onStep", onStep, "a function");
    if (Array.isArray(wanted.prompt)) refuse("prompt", wanted.prompt, "one text, or sample, which makes many,");
    if (wanted.count !== undefined && wanted.count !== 1) refuse("count", wanted.count, "1, or sample, which makes many,");
    for await (const e of this.sample(wanted)) {
      if (e.type === "image") return e.image;
      onStep?.(e);
    }
  }

  // The events of each prompt in turn, numbered as those of one request.
  async *#prompts(request, left) {
    const { prompts, settings, signal } = checked(request);
    const images = prompts.length * (settings.count ?? 1);
    const began = performance.now();
    for (const [p, prompt] of prompts.entries()) {
      const first = p * (settings.count ?? 1);
      const after = prompts.length - 1 - p;
      for await (const e of this.#events({ ...settings, prompt }, AbortSignal.any([left, ...(signal ? [signal] : [])]))) {
        if (e.type === "image") yield { ...e, index: first + e.index, images };
        else yield { ...e, image: first + e.image, images, elapsed: performance.now() - began, remaining: e.remaining && e.remaining + after * (e.elapsed + e.remaining) };
      }
    }
  }

  async *#events(request, signal) {
    const text = JSON.stringify(request);
    const size = this.model.latentSize;
    const queue = [];
    let wake = () => {};
    let over = false;
    let failure;
    const left = new AbortController(); // the loop was left
    const event = (e) => {
      queue.push(e);
      wake();
    };
    const run = this.#call("sample", { request: text }, { event, signal: AbortSignal.any([left.signal, signal]) });
    const call = this.#number;
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
            yield { type, index, images, image: new SampledImage(image, this.#platform.picture) };
            continue;
          }
          if (e.preview) e.preview = this.#platform.picture(e.preview, size);
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

  async decode(latent, options) {
    if (!(latent instanceof Float32Array)) refuse("latent", latent, "a Float32Array");
    const odd = latent.find((v) => !Number.isFinite(v));
    if (odd !== undefined) refuse("latent", odd, "a number for each value");
    const { size, marked } = await this.#call("decode", { latent }, { signal: signalOf(options) });
    return this.#platform.picture(marked, size);
  }

  async vocabulary(options) {
    return this.#call("vocabulary", {}, { signal: signalOf(options) });
  }

  async unknownWords(text, options) {
    if (typeof text !== "string") refuse("text", text, "text");
    return this.#call("unknownWords", { text }, { signal: signalOf(options) });
  }

  async readSettings(file, options) {
    if (!(file?.size >= 0 && typeof file.arrayBuffer === "function")) refuse("file", file, "a Blob");
    if (file.size > MAX_PNG) throw new RoentgoError("request", `the file has ${file.size} bytes: that is no image of roentgo`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    return this.#call("readSettings", { bytes }, { transfer: [bytes.buffer], signal: signalOf(options) });
  }

  close() {
    this.#end(new RoentgoError("closed", "the sampler was closed"));
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    this.close();
  }
}
