// The page of each bundler's test: the library as its name, and one image.
import { Sampler } from "roentgo";

globalThis.make = async () => {
  const sampler = await Sampler.load("/model/roentgo-mini.manifest.json", { device: "wasm", threads: 2 });
  for await (const event of sampler.sample({ prompt: "pleural effusion", seed: 1, steps: 1 })) {
    if (event.type === "image") return { size: event.image.size, device: sampler.device.name };
  }
};
