// The samplers of a page's elements: one a model, as long as an element holds
// it. Loads are shared; who waits for one may leave without ending it for the
// others.

import { Sampler } from "./sampler.js";

const all = new Map(); // by what is loaded

// Rejects with a signal's reason once it is aborted.
const aborted = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

class Shared {
  holders = 0;
  #load; // loads it, with a signal and a listener of progress
  #waiting = new Set(); // listeners of progress
  #loading = null; // {promise, controller}
  #sampler = null;

  constructor(load) {
    this.#load = load;
  }

  // The sampler: the one that is there, unless its worker has ended, or a new one.
  async get(signal, onProgress) {
    signal.throwIfAborted();
    if (this.#sampler && !this.#sampler.closed) return this.#sampler;
    const loading = (this.#loading ??= this.#begin());
    this.#waiting.add(onProgress);
    try {
      return await Promise.race([loading.promise, aborted(signal)]);
    } finally {
      this.#waiting.delete(onProgress);
      if (this.#waiting.size === 0 && this.#loading === loading) this.#stop();
    }
  }

  #begin() {
    const controller = new AbortController();
    const loading = { controller };
    loading.promise = this.#load({ signal: controller.signal, onProgress: (p) => this.#waiting.forEach((f) => f(p)) }).then(
      (s) => {
        if (this.#loading === loading) this.#loading = null;
        return (this.#sampler = s);
      },
      (error) => {
        if (this.#loading === loading) this.#loading = null;
        throw error;
      },
    );
    loading.promise.catch(() => {}); // all may have left
    return loading;
  }

  #stop() {
    this.#loading?.controller.abort();
    this.#loading = null;
  }

  close() {
    this.#stop();
    this.#sampler?.close();
    this.#sampler = null;
  }
}

// Holds the sampler of a model: get(signal, onProgress) is it; release() lets
// go of it, and the last to do so closes it.
export function hold(manifest, options) {
  const url = new URL(manifest, document.baseURI).href;
  const key = JSON.stringify([url, options.device, options.manifestHash]);
  if (!all.has(key)) all.set(key, new Shared((more) => Sampler.load(url, { ...options, ...more })));
  const shared = all.get(key);
  shared.holders++;
  let held = true;
  return {
    get: (signal, onProgress) => shared.get(signal, onProgress),
    release() {
      if (!held) return;
      held = false;
      if (--shared.holders > 0) return;
      all.delete(key);
      shared.close();
    },
  };
}
