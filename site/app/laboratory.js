// A sampler of the page: loaded once, on the device that was chosen.

import { Sampler } from "roentgo";
import { recall, remember } from "./remember.js";

/**
 * Events: "progress" (detail: LoadProgress), "ready", "device", "failed"
 * (detail: the error) and "closed".
 */
export class Laboratory extends EventTarget {
  #manifest;
  #hash;
  #name;
  #sampler = null;
  #loading = null;
  #controller = null;

  /** name is what this device remembers the model by. */
  constructor(manifest, hash, name = "model") {
    super();
    this.#name = name;
    this.#manifest = new URL(manifest, document.baseURI);
    this.#hash = hash;
  }

  /** The sampler; null until it is loaded. */
  get sampler() { return this.#sampler; }

  get loading() { return this.#loading !== null; }

  /** "auto", "webgpu" or "wasm". */
  get choice() { return recall("device") ?? "auto"; }

  /** Whether the model was kept by an earlier visit. */
  get kept() { return recall(this.#name) === this.#hash; }

  /** The sampler, loaded if it is not. Joins a load that is on its way. */
  load() {
    if (this.#sampler) return Promise.resolve(this.#sampler);
    if (!this.#loading) {
      this.#loading = this.#load().finally(() => { this.#loading = null; });
      this.#emit("progress", { phase: "download", loaded: 0, total: 0, cached: 0 });
    }
    return this.#loading;
  }

  async #load() {
    const controller = this.#controller = new AbortController();
    try {
      const sampler = await Sampler.load(this.#manifest, {
        device: this.choice,
        manifestHash: this.#hash,
        signal: controller.signal,
        onProgress: p => this.#emit("progress", p),
        onDevice: () => this.#emit("device"),
      });
      if (controller.signal.aborted) {
        sampler.close();
        throw controller.signal.reason;
      }
      this.#sampler = sampler;
      if (sampler.store.where !== "memory") remember(this.#name, this.#hash);
      this.#emit("ready");
      return sampler;
    } catch (error) {
      this.#emit("failed", error);
      throw error;
    }
  }

  /** Stops a load; what has come is kept. */
  pause() {
    this.#controller?.abort(new DOMException("paused", "AbortError"));
  }

  /** Puts the sampler away: the next load makes a new one. */
  close() {
    this.pause();
    this.#sampler?.close();
    this.#sampler = null;
    this.#emit("closed");
  }

  /** Computes with another device from now on. */
  async choose(device) {
    remember("device", device);
    const stopped = this.#loading?.catch(() => {});
    this.close();
    await stopped;
    return this.load();
  }

  /** Removes the model from this device. */
  async remove() {
    this.close();
    await Sampler.remove(this.#manifest);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
