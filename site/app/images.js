// The page's images: those that this browser kept and those made since. One of
// them is chosen, and is what the viewer shows.

import { FOLDER } from "./folder.js";
import { History, MAX_IMAGES } from "./history.js";

/** How many bytes of latents are held for the steps of images made earlier. */
const MAX_TRACES = 96 << 20;

/** A name for an image, which no other of this browser has: below 2⁵³. */
function drawID() {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return String(words[0] * 2 ** 21 + (words[1] >>> 11));
}

/**
 * An image is { id, made, settings, png, unknownWords, url, trace, attention }:
 * trace, its steps ({ preview, latent }), and attention are there when it was
 * made since the page was opened, attention when it was asked for.
 *
 * Events: "change" when the list did, "choose" when another image is chosen or
 * the chosen one has learnt something.
 */
export class Images extends EventTarget {
  #history = new History();
  #channel = null;
  list = []; // newest first
  chosen = null;

  /** Why images go with the page; empty where they are kept. */
  get reason() { return this.#history.reason; }

  async open() {
    const kept = await this.#history.open();
    kept.sort((a, b) => b.made - a.made);
    this.list = [...this.list, ...kept.map(image => ({ ...image, url: URL.createObjectURL(image.png) }))];
    if ("BroadcastChannel" in self) {
      this.#channel = new BroadcastChannel(`roentgo-images ${FOLDER}`);
      this.#channel.onmessage = ({ data }) => this.#hear(data);
    }
    this.#changed();
  }

  /** Adds an image that was just made. */
  async add({ settings, png, unknownWords, trace, attention }) {
    const kept = { id: drawID(), made: Date.now(), settings, png, unknownWords };
    const image = this.#insert(kept);
    Object.assign(image, { trace, attention });
    this.#boundTraces();
    await this.#history.put(kept);
    this.#channel?.postMessage({ put: kept });
    for (const old of this.list.slice(MAX_IMAGES)) await this.delete(old);
    this.#changed();
    return image;
  }

  /** Adds what a second run of the same settings found out. */
  learn(image, { trace, attention }) {
    if (trace?.length) image.trace = trace;
    if (attention) image.attention = attention;
    this.#boundTraces();
    if (image === this.chosen) this.choose(image);
  }

  choose(image) {
    this.chosen = image;
    this.dispatchEvent(new Event("choose"));
  }

  /** Deletes an image: what is gone from sight is gone from the disk. */
  async delete(image) {
    await this.#history.delete(image.id);
    this.#drop(image.id);
    this.#channel?.postMessage({ delete: image.id });
  }

  async clear() {
    await this.#history.clear();
    for (const image of [...this.list]) this.#drop(image.id);
    this.#channel?.postMessage({ clear: true });
  }

  /** Removes all of it from this device. */
  async remove() {
    await this.clear();
    await this.#history.remove();
  }

  #insert(kept) {
    const image = { ...kept, url: URL.createObjectURL(kept.png) };
    this.list.unshift(image);
    this.#changed();
    return image;
  }

  #drop(id) {
    const at = this.list.findIndex(i => i.id === id);
    if (at < 0) return;
    const [image] = this.list.splice(at, 1);
    URL.revokeObjectURL(image.url);
    if (image === this.chosen) this.choose(this.list[Math.min(at, this.list.length - 1)] ?? null);
    this.#changed();
  }

  /** What another tab did. */
  #hear({ put, delete: id, clear }) {
    if (put && !this.list.some(i => i.id === put.id)) this.#insert(put);
    if (id) this.#drop(id);
    if (clear) for (const image of [...this.list]) this.#drop(image.id);
  }

  #boundTraces() {
    let bytes = 0;
    for (const image of this.list) {
      for (const step of image.trace ?? []) bytes += step.latent.byteLength;
      if (bytes > MAX_TRACES) image.trace = undefined;
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
