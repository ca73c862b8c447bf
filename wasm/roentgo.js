// The module that pages import; roentgo.d.ts says what is in it.
export { Sampler, RoentgoError } from "./sampler.js";
export { RoentgoSamplerElement } from "./element.js";
