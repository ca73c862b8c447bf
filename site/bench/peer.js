// A worker that runs the U-Net in onnxruntime-web: {preset, threads} loads it,
// "step" runs it once.
import * as ort from "/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";

let session;
let feeds;

async function prepare({ preset, threads, channels, tokens, features }) {
  ort.env.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
  ort.env.wasm.numThreads = threads;
  session = await ort.InferenceSession.create(`/${preset}.onnx`, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  const values = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 1.5);
  feeds = {
    latent: new ort.Tensor("float32", values(2 * channels * 1024), [2, channels, 32, 32]),
    timestep: new ort.Tensor("float32", [500, 500], [2]),
    context: new ort.Tensor("float32", values(2 * tokens * features), [2, tokens, features]),
  };
  return `onnxruntime-web ${ort.env.versions.web} (${threads} thread${threads > 1 ? "s" : ""})`;
}

async function step() {
  const began = performance.now();
  const { out } = await session.run(feeds);
  await out.getData();
  return performance.now() - began;
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ value: data === "step" ? await step() : await prepare(data) });
  } catch (error) {
    self.postMessage({ error: `${error?.stack ?? error}` });
  }
};
