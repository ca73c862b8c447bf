// roentgo for Node 20.3 or newer, Deno 2 and Bun: the Sampler of roentgo.d.ts, on
// one thread of WebAssembly, also where there is a GPU. What differs from a browser:
//
// - load takes the path of a manifest on disk, too, beside which the model is;
// - models from the network are not kept: store.where is "memory";
// - an image's imageData and a step's preview are plain objects of data, width,
//   height and colorSpace; bitmap, canvas and offscreenCanvas are not there;
// - close ends the worker, without which the program does not end.
export { Sampler, RoentgoError } from "./roentgo.js";
