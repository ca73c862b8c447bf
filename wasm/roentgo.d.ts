/**
 * roentgo in a browser: synthetic frontal chest X-rays from text, computed on
 * this device, by WebGPU or by WebAssembly. Every image is synthetic and not
 * for diagnosis.
 *
 *     import { Sampler } from "./roentgo.js";
 *     const s = await Sampler.load("model/roentgo-mini.manifest.json");
 *     const image = await s.image({ prompt: "pleural effusion", seed: 7n });
 *     document.body.append(image.canvas());
 */

/** Where to compute. "auto" is WebGPU where there is a real GPU, else WebAssembly. */
export type Device = "auto" | "webgpu" | "wasm";

/** DDIM (Song et al. 2021), DPM-Solver++ 2M (Lu et al. 2022), UniPC (Zhao et al. 2023). */
export type SamplerName = "ddim" | "dpm++2m" | "unipc";

/** How the steps lie among the timesteps of training (Lin et al. 2024). */
export type Spacing = "leading" | "trailing" | "quadratic";

/** A random seed in [0, 2⁶⁴): a number must be a safe integer, a string decimal. */
export type Seed = bigint | number | string;

export interface LoadOptions {
  device?: Device;
  /** Threads of "wasm". More than one needs a cross-origin isolated page; default: one per core, at most 8. */
  threads?: number;
  /** SHA-256 (hexadecimal) that the manifest must have. */
  manifestHash?: string;
  /**
   * Secret of your own watermarks, 16 bytes or more. Whoever can read the page's
   * code has it. Default: the public key, which proves nothing.
   */
  watermarkKey?: string;
  /** Whether the model is kept on this device for the next visit. Default true. */
  keep?: boolean;
  onProgress?(p: LoadProgress): void;
  /** Called when the device changes: it was lost and opened again, or another took its place. */
  onDevice?(d: DeviceInfo): void;
  /** Address of worker.js, where it does not lie beside this module and no bundler has moved it. */
  workerURL?: string | URL;
  /** Address of roentgo.wasm, where it does not lie beside worker.js and no bundler has moved it. */
  wasmURL?: string | URL;
  signal?: AbortSignal;
}

export interface LoadProgress {
  /** "download": pieces are fetched or read from this device; "prepare": the networks are put on the device; "ready". */
  phase: "download" | "prepare" | "ready";
  /** Bytes of the model that are here, of how many; how many of them were here before. */
  loaded: number;
  total: number;
  cached: number;
}

export interface DeviceInfo {
  kind: "webgpu" | "wasm";
  /** For people: "wasm (2 threads, simd128)". */
  name: string;
  /** Why it is not the one that was asked for, or why it changed; empty otherwise. */
  reason: string;
}

export interface ModelInfo {
  name: string;
  version: string;
  license: string;
  trainingData: string;
  /** SHA-256 of the model, as in the settings of its images. */
  hash: string;
  /** Pixels per side. */
  imageSize: number;
  /** Rows of a latent, and of a preview. */
  latentSize: number;
  /** The most tokens of a prompt. */
  tokens: number;
  /** The most steps. */
  maxSteps: number;
  samplers: SamplerName[];
  spacings: Spacing[];
  /** What a request leaves open. */
  defaults: { steps: number; guidance: number; rescale: number; sampler: SamplerName; spacing: Spacing; eta: number; guidanceLow: number; guidanceHigh: number };
}

export interface StoreInfo {
  /** "kept": on this device, until it needs the room; "persistent": until it is removed; "memory": gone with the page. */
  where: "kept" | "persistent" | "memory";
  /** Why it is "memory"; empty otherwise. */
  reason: string;
}

/**
 * What a request leaves open is the model's default; without a seed one is
 * drawn. A value of another kind, NaN and infinities are errors, and so is a
 * field of another name.
 */
export interface SampleRequest {
  /** Words of a report; or several, 1 to 1,000, each of which has images of the same seeds. */
  prompt?: string | readonly string[];
  negative?: string;
  seed?: Seed;
  steps?: number;
  guidance?: number;
  rescale?: number;
  sampler?: SamplerName;
  spacing?: Spacing;
  eta?: number;
  /** The timesteps that are guided, both ends included; the others take half the work. guidanceHigh 0 is the last one, so that both 0 are all. They go together. */
  guidanceLow?: number;
  guidanceHigh?: number;
  /** Images of each prompt, of the seeds from seed on: 1 to 1,000,000. */
  count?: number;
  /** Cut a prompt that has too many tokens instead of refusing it. */
  truncate?: boolean;
  /** Also report the clean latent that each step predicts, for {@link Sampler.decode}. */
  latents?: boolean;
  /** Also report where each word of the prompt looks. Slower. */
  attention?: boolean;
  signal?: AbortSignal;
}

/** A request of one image. */
export interface ImageRequest extends Omit<SampleRequest, "prompt" | "count"> {
  prompt?: string;
  count?: 1;
  /** Called after each step. */
  onStep?(e: StepEvent): void;
}

export interface CallOptions {
  /** Aborted, the call rejects with its reason. */
  signal?: AbortSignal;
}

/** All that an image depends on besides model and device. The seed is a decimal string. */
export interface Settings {
  prompt: string;
  negative: string;
  seed: string;
  steps: number;
  guidance: number;
  rescale: number;
  sampler: SamplerName;
  spacing: Spacing;
  eta: number;
  truncate: boolean;
  guidanceLow: number;
  guidanceHigh: number;
  /** In settings read from a file: SHA-256 and name of the model, and number of the image. */
  modelHash: string;
  model: string;
}

/** A step is done. */
export interface StepEvent {
  type: "step";
  /** The image that is being made, from 0, of how many. */
  image: number;
  images: number;
  /** Steps that are done, of how many: 0 before the first. */
  step: number;
  steps: number;
  /** Milliseconds; remaining is of all images, 0 while unknown. */
  elapsed: number;
  remaining: number;
  /** A small picture of what the image will be (latentSize a side); from the first step on. */
  preview?: ImageData;
  /** The clean latent that the step predicts (channels × latentSize²), where asked for. */
  latent?: Float32Array;
}

/** An image is done. */
export interface ImageEvent {
  type: "image";
  index: number;
  images: number;
  image: SampledImage;
}

export type SampleEvent = StepEvent | ImageEvent;

export interface SampledImage {
  readonly size: number;
  /** size² values, row-major, about [−1, 1], not clamped, without a mark. */
  readonly pixels: Float32Array;
  /** Marked "synthetic", and with the watermark. */
  readonly imageData: ImageData;
  readonly settings: Settings;
  /** Words of prompt and negative prompt that no training caption had. */
  readonly unknownWords: string[];
  readonly attention?: Attention;
  /** A PNG file, marked, with its settings inside. */
  blob(): Promise<Blob>;
  /** A new canvas with the image and a description for screen readers. */
  canvas(): HTMLCanvasElement;
  /** A new canvas without an element, as workers use. */
  offscreenCanvas(): OffscreenCanvas;
  /** A new bitmap, which can be drawn and moved to workers. */
  bitmap(): Promise<ImageBitmap>;
}

/** Where words look: cross-attention, the mean over steps, heads and levels (Tang et al. 2023). */
export interface Attention {
  /** Rows of a map. */
  size: number;
  /** The words of the normalised prompt, in order. */
  words: string[];
  /** words.length × size², each in [0, 1] by its own largest value. */
  maps: Float32Array;
}

/** A model on this device. Requests take turns. */
export class Sampler {
  /**
   * Loads the model of a manifest (NAME.manifest.json). Rejects with a
   * {@link RoentgoError}, or with signal's reason when it was aborted; the
   * pieces that had come stay, and the next call goes on from them.
   */
  static load(manifest: string | URL, options?: LoadOptions): Promise<Sampler>;
  /** Removes what load keeps on this device of a manifest's model; without a manifest, of all models. */
  static remove(manifest?: string | URL): Promise<void>;
  readonly model: ModelInfo;
  readonly device: DeviceInfo;
  readonly store: StoreInfo;
  /** Whether it can do nothing more: it was closed, or its worker has ended. Load another one. */
  readonly closed: boolean;
  /** Makes one image. */
  image(request?: ImageRequest): Promise<SampledImage>;
  /**
   * Makes images, and reports each step. Leaving the loop, or aborting the
   * signal, cancels; a loop that was left without its return is cancelled once
   * nothing refers to it.
   */
  sample(request?: SampleRequest): AsyncGenerator<SampleEvent, void, void>;
  /** The image of a latent, marked "synthetic". */
  decode(latent: Float32Array, options?: CallOptions): Promise<ImageData>;
  /** The words that the model's training captions had, sorted. */
  vocabulary(options?: CallOptions): Promise<string[]>;
  /** Words of a text that no training caption had. */
  unknownWords(text: string, options?: CallOptions): Promise<string[]>;
  /** The settings inside a PNG file of roentgo. */
  readSettings(file: Blob, options?: CallOptions): Promise<Settings>;
  /** Ends the worker and frees the device. */
  close(): void;
  /** Is close, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What went wrong, for programs; message says it for people, with a cure. */
export type ErrorCode =
  | "network" // a piece or the manifest could not be fetched
  | "host" // the server sends something else than the file: the message says what, and what it must send
  | "hash" // what came is not what the manifest, or the page, says
  | "model" // no model file of this sampler
  | "request" // a setting is out of bounds or of another kind: field and message name it
  | "prompt" // the prompt, or the negative one, has more tokens than the model reads
  | "device" // neither WebGPU nor WebAssembly could be used, or what it computed is no image
  | "memory" // the device has too little memory
  | "unsupported" // the browser lacks something
  | "closed" // the sampler was closed
  | "internal";

export class RoentgoError extends Error {
  readonly code: ErrorCode;
  /** The setting or option that is wrong, where it is known. */
  readonly field?: string;
}

/** The attributes of `<roentgo-sampler>`, each of which may change at any time. */
export interface RoentgoSamplerAttributes {
  /** Address of a manifest. */
  model?: string;
  prompt?: string;
  negative?: string;
  seed?: string | number;
  steps?: string | number;
  guidance?: string | number;
  device?: Device;
  "manifest-hash"?: string;
}

/**
 * `<roentgo-sampler model="…manifest.json" prompt="…" seed="…" steps="…">`:
 * a prompt, a button, the image and its download. Importing the module
 * defines it. Dispatches "roentgo-image" with a SampledImage as detail, and
 * "roentgo-error".
 *
 * Elements with one model share its sampler, which is closed when the last of
 * them leaves the page; one whose worker has ended is loaded again by the next
 * press. What is put into the element stands above its form. Parts for styling:
 * form, input, button, progress, status, figure, image, download, warning.
 */
export class RoentgoSamplerElement extends HTMLElement {
  addEventListener(type: "roentgo-image", listener: (event: CustomEvent<SampledImage>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: "roentgo-error", listener: (event: CustomEvent<Error>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "roentgo-sampler": RoentgoSamplerElement;
  }
  namespace JSX {
    interface IntrinsicElements {
      "roentgo-sampler": RoentgoSamplerAttributes & { [attribute: string]: unknown };
    }
  }
}
