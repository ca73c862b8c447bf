// A worker that makes an image in onnxruntime-web as a page would: it fetches the
// networks, or takes them from the Cache API, and answers {threads, steps, channels,
// tokens, features}, where steps lists ᾱ of each step's timestep, the timestep and
// whether the step is guided, with a message per step and one for the image. There is
// no text encoder, which favours the peer.
import * as ort from "/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";

async function model(url) {
  const cache = await caches.open("models");
  let kept = await cache.match(url);
  if (!kept) {
    await cache.put(url, await fetch(url));
    kept = await cache.match(url);
  }
  return new Uint8Array(await kept.arrayBuffer());
}

async function image({ threads, steps, channels, tokens, features }) {
  ort.env.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
  ort.env.wasm.numThreads = threads;
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  const unet = await ort.InferenceSession.create(await model("/unet.onnx"), options);
  const decoder = await ort.InferenceSession.create(await model("/decoder.onnx"), options);
  const values = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 1.5);
  const size = channels * 1024;
  const context = values(2 * tokens * features);
  const latent = values(size);
  for (const [i, { t, abar, guided }] of steps.entries()) {
    const n = guided ? 2 : 1;
    const both = new Float32Array(n * size);
    for (let k = 0; k < n; k++) both.set(latent, k * size);
    const { out } = await unet.run({
      latent: new ort.Tensor("float32", both, [n, channels, 32, 32]),
      timestep: new ort.Tensor("float32", Array(n).fill(t), [n]),
      context: new ort.Tensor("float32", context.slice(0, n * tokens * features), [n, tokens, features]),
    });
    const v = await out.getData();
    const next = steps[i + 1]?.abar ?? 1;
    for (let k = 0; k < size; k++) { // DDIM of a network that predicts v
      const velocity = guided ? v[k] + 2 * (v[size + k] - v[k]) : v[k];
      const clean = Math.sqrt(abar) * latent[k] - Math.sqrt(1 - abar) * velocity;
      const noise = Math.sqrt(abar) * velocity + Math.sqrt(1 - abar) * latent[k];
      latent[k] = Math.sqrt(next) * clean + Math.sqrt(1 - next) * noise;
    }
    self.postMessage({ step: i });
  }
  const { out } = await decoder.run({ latent: new ort.Tensor("float32", latent, [1, channels, 32, 32]) });
  return await out.getData();
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ value: await image(data) });
  } catch (error) {
    self.postMessage({ error: `${error?.stack ?? error}` });
  }
};
