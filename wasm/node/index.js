// The library for Node, Deno and Bun, which have Node's modules: the same Sampler,
// with a worker of Node and models on disk; see node.d.ts.

import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { RoentgoError } from "../errors.js";
import { Sampler as BrowserSampler } from "../sampler.js";

export { RoentgoError };

// A worker of Node with the face of a browser's.
class NodeWorker {
  #worker;
  constructor(url) {
    this.#worker = new Worker(new URL(url), { name: "roentgo" });
    this.#worker.on("message", (data) => this.onmessage?.({ data }));
    this.#worker.on("error", (error) => this.onerror?.(error));
  }
  postMessage(message, transfer) {
    this.#worker.postMessage(message, transfer);
  }
  terminate() {
    this.#worker.terminate();
  }
}

// A path, or an address. A scheme has two letters or more: C:\ is a path.
const absolute = (where) => (where instanceof URL || /^[a-z][a-z0-9+.-]+:/i.test(where) ? new URL(where) : pathToFileURL(where)).href;

const node = {
  check() {},
  absolute,
  start: (workerURL = new URL("./worker.js", import.meta.url).href) => new NodeWorker(workerURL),
  notStarted: async (workerURL, why) => new RoentgoError("network", `the worker could not be started (${why})`),
  threads: () => 1,
  persist() {},
  persisted: async () => false,
  picture: (data, size) => ({ data, width: size, height: size, colorSpace: "srgb" }),
};

export class Sampler extends BrowserSampler {
  static platform = node;

  static load(manifest, options = {}) {
    return super.load(manifest, { wasmURL: new URL("../roentgo.wasm", import.meta.url), ...options });
  }
}
