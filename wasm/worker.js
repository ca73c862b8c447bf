// The worker: runs the Go program, fetches and keeps the model, and passes
// calls and events between them and the page. The Go program starts the same
// script again for each thread, which by its name is one: a package of a single
// worker is one that every bundler moves whole.

import "roentgo:wasm_exec.js";
import "../sampler/internal/gpu/queue.js";
import "../sampler/internal/simd/threads.js"; // what a thread does on its first message
import { RoentgoError, packed } from "./errors.js";
import { wrongHost } from "./host.js";
import { Store } from "./store.js";

let api; // the functions of the Go program
let store;
const aborts = new Map(); // AbortControllers of the calls that fetch

const post = (message, transfer = []) => self.postMessage(message, transfer);

// Every buffer in an event, which is moved to the page and not copied.
const buffersOf = (value) => Object.values(value).flatMap((v) => (ArrayBuffer.isView(v) ? [v.buffer] : v && Object.getPrototypeOf(v) === Object.prototype ? buffersOf(v) : []));

// Grey bytes as the RGBA that ImageData takes.
function rgba(grey) {
  const out = new Uint8ClampedArray(4 * grey.length);
  for (let i = 0; i < grey.length; i++) out.set([grey[i], grey[i], grey[i], 255], 4 * i);
  return out;
}

const THREAD = "roentgo kernels"; // name of the workers that sampler/simd starts

async function startProgram(wasmURL) {
  const go = new self.Go();
  // Written out like this for bundlers, which copy the file and change its name.
  const url = wasmURL ?? new URL("./roentgo.wasm", import.meta.url).href;
  const started = new Promise((resolve) => {
    self.roentgoHost = { ready: resolve, device: (device) => post({ type: "device", device }) };
  });
  let result, response;
  try {
    response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    result = /^application\/wasm\b/.test(response.headers.get("content-type") ?? "")
      ? await WebAssembly.instantiateStreaming(response, go.importObject)
      : await WebAssembly.instantiate(await response.arrayBuffer(), go.importObject);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) throw wrongHost(response, "the program") ?? new RoentgoError("unsupported", `this browser cannot run the program: ${error.message}`);
    throw new RoentgoError("network", `${url} could not be started: ${error.message}`, { cause: error });
  }
  go.run(result.instance).then(
    () => post({ type: "ended", error: { code: "internal", message: "the program ended unexpectedly; reload the page" } }),
    (error) => post({ type: "ended", error: { code: error instanceof RangeError ? "memory" : "internal", message: `the program ended: ${error.message}` } }),
  );
  api = await started;
}

async function load(call, { url, wasmURL, device, threads, keep, manifestHash, watermarkKey }) {
  const abort = new AbortController();
  aborts.set(call, abort);
  const program = startProgram(wasmURL).then(() => api.prepare(device, threads, self.location.href, watermarkKey));
  store = new Store(url, {
    manifestHash,
    keep,
    signal: abort.signal,
    digest: async (bytes) => {
      await program;
      return api.sha256(0, bytes);
    },
    onProgress: (progress) => post({ type: "progress", progress }),
  });
  const [manifest] = await Promise.all([store.load(), program]);
  const { total, cached } = store;
  const report = (phase) => post({ type: "progress", progress: { phase, loaded: total, total, cached } });
  report("prepare");
  const opened = await api.open(call, manifest, store);
  await store.settle();
  report("ready");
  return { ...opened, store: { where: store.where, reason: store.reason } };
}

const taken = new Map(); // how to go on, once the page has taken an image

// An event of a request; resolves when the page has taken it, where the Go
// program waits for that.
function emit(call, event) {
  if (event.preview) event.preview = rgba(event.preview);
  if (event.marked) event.marked = rgba(event.marked);
  post({ type: "event", call, event }, buffersOf(event));
  return event.type === "image" ? new Promise((go) => taken.set(call, go)) : undefined;
}

const methods = {
  load,
  sample: (call, { request }) => api.sample(call, request, (event) => emit(call, event)),
  decode: async (call, { latent }) => {
    const { size, marked } = await api.decode(call, latent);
    return { size, marked: rgba(marked) };
  },
  vocabulary: (call) => api.vocabulary(call),
  unknownWords: (call, { text }) => api.unknownWords(call, text),
  readSettings: (call, { bytes }) => api.readSettings(call, bytes),
};

async function receive({ data }) {
  const { type, call } = data;
  if (type === "cancel") {
    aborts.get(call)?.abort();
    api?.cancel(call);
    taken.get(call)?.();
    return;
  }
  if (type === "taken") {
    taken.get(call)?.();
    taken.delete(call);
    return;
  }
  try {
    const value = await methods[type](call, data);
    post({ type: "done", call, value }, value && typeof value === "object" ? buffersOf(value) : []);
  } catch (error) {
    post({ type: "failed", call, error: packed(error) });
  } finally {
    aborts.delete(call);
    taken.delete(call);
  }
}

if (self.name !== THREAD) self.onmessage = receive;
