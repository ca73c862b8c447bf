// Uses the library as a program in TypeScript does. What is wrong is marked.
import { Sampler, RoentgoError, type SampleRequest, type SamplerName } from "roentgo";
import { Sampler as NodeSampler } from "roentgo/node";
import "roentgo/react";

export async function use(signal: AbortSignal): Promise<HTMLCanvasElement> {
  await using s = await Sampler.load("model.json", { device: "wasm", workerURL: new URL("https://example.org/worker.js"), signal });
  const name: SamplerName = s.model.samplers[0];
  const request: SampleRequest = { prompt: ["a", "b"], sampler: name, count: 2, seed: 7n };
  for await (const e of s.sample(request)) if (e.type === "image") console.log(e.image.settings.seed.length);
  // @ts-expect-error: no such sampler
  await s.image({ sampler: "euler" });
  // @ts-expect-error: one prompt makes one image
  await s.image({ prompt: ["a", "b"] });
  const bitmap: ImageBitmap = await (await s.image({ signal, onStep: (e) => console.log(e.step) })).bitmap();
  console.log(bitmap.width, (await s.unknownWords("text", { signal })).length);
  try {
    return (await s.image()).canvas();
  } catch (e) {
    if (e instanceof RoentgoError && e.code === "prompt") console.log(e.field);
    throw e;
  }
}

export const size = async () => (await (await NodeSampler.load("model.json")).image()).size;

document.querySelector("roentgo-sampler")?.addEventListener("roentgo-image", (e) => console.log(e.detail.size));

export const page = <roentgo-sampler model="model.json" prompt="effusion" seed={7} steps={3} />;
