// The pieces of a model, each known by its SHA-256: fetched from any static
// host, verified, and kept on this device in the Cache API, so that a download
// goes on where it was cut and a new model fetches only what changed.

import { CACHE, begunKey, forgetManifests, partKey, pieceKey, sweep } from "./cache.js";
import { wrongHost } from "./host.js";
import { RoentgoError } from "./errors.js";

const MAX_MANIFEST = 1 << 20; // bytes
const MAX_PIECES = 4096;
const MAX_PIECE = 5 << 20;
const PARALLEL = 4; // requests at a time on a fast line: enough to fill one with a long way
const FAST = 500; // bytes a millisecond, from which on a line is fast; a slow one gets its pieces one by one
const ENOUGH = 64 << 10; // bytes by which the speed of a line is known
const PART = 256 << 10; // bytes after which what has come of a piece is kept
const TRIES = 3; // in a row in which nothing comes

const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");

export async function sha256(bytes, fallback) {
  return self.crypto?.subtle ? hex(await crypto.subtle.digest("SHA-256", bytes)) : fallback(bytes);
}

// Reads a body of at most limit bytes.
async function bounded(response, limit, what) {
  const parts = [];
  let size = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read().catch((error) => {
      throw error.name === "AbortError" ? error : new RoentgoError("network", `${what} was cut off`, { cause: error });
    });
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new RoentgoError("hash", `${what} is larger than the ${limit} bytes it may have`);
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const p of parts) {
    whole.set(p, at);
    at += p.length;
  }
  return whole;
}

async function fetched(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const foreign = new URL(url).origin !== self.origin; // as all is to a page in a sandbox
    const why = foreign ? "to a page of another origin, or in a sandbox, the server must send Access-Control-Allow-Origin" : "the server refused this page";
    throw new RoentgoError("network", `${url} could not be fetched (no connection, or ${why})`, { cause: error });
  }
  if (!response.ok) throw new RoentgoError("network", `${url}: the server answered ${response.status} ${response.statusText}`.trim());
  return response;
}

// A sandbox throws where others have undefined.
function cachesHere() {
  try {
    return Boolean(self.caches);
  } catch {
    return false;
  }
}

export class Store {
  // url is the manifest's; digest is SHA-256 where the browser has none.
  constructor(url, { manifestHash, keep, digest, onProgress, signal }) {
    this.url = url;
    this.wanted = manifestHash;
    this.digest = (bytes) => sha256(bytes, digest);
    this.onProgress = onProgress;
    this.signal = signal;
    this.memory = new Map(); // pieces by number, until the model is open, or for good where nothing can be kept
    this.parts = new Map(); // by number, what has come of pieces that are not whole: {bytes, have}
    this.counted = new Map(); // by number, how many bytes of a piece are here
    this.came = 0; // bytes from the network, since the first came
    this.fast = new Promise((resolve) => (this.isFast = resolve));
    this.where = "kept";
    this.reason = "";
    if (!keep) this.forget("the page asked for it");
    else if (!cachesHere()) this.forget("this browser keeps nothing for this page: it comes neither from https nor from localhost, or is in a sandbox");
  }

  // Nothing more is kept.
  forget(reason) {
    this.where = "memory";
    this.reason ||= reason;
  }

  async cache() {
    if (this.where === "memory") return null;
    try {
      return (this.opened ??= await caches.open(CACHE));
    } catch (error) {
      this.forget(`the browser refused storage (${error.message})`);
      return null;
    }
  }

  async keep(url, bytes) {
    const cache = await this.cache();
    if (!cache) return false;
    try {
      await cache.put(url, new Response(bytes, { headers: { "content-type": "application/octet-stream" } }));
      return true;
    } catch (error) {
      this.forget(error.name === "QuotaExceededError" ? "this device has no room left for it" : `the browser refused storage (${error.message})`);
      return false;
    }
  }

  async kept(url) {
    const match = await (await this.cache())?.match(url).catch(() => undefined);
    return match && new Uint8Array(await match.arrayBuffer());
  }

  // Has every piece here, and returns the manifest's text.
  async load() {
    const text = await this.findManifest();
    this.parse(text);
    const total = (this.total = this.frames.reduce((n, f) => n + f.size, 0));
    this.cached = 0;
    const missing = [];
    for (const [i, frame] of this.frames.entries()) {
      this.signal?.throwIfAborted();
      const here = (await this.recall(i)) ? frame.size : await this.recallPart(i);
      this.cached += here;
      this.count(i, here);
      if (here < frame.size) missing.push(i);
    }
    if (this.fresh && missing.length > 0) await this.keep(begunKey(this.url), this.fresh);
    const next = missing.values();
    const failed = new AbortController(); // ends the others when one fails
    const signal = AbortSignal.any([failed.signal, ...(this.signal ? [this.signal] : [])]);
    const worker = async (k) => {
      if (k > 0) await this.fast;
      for (const i of next) await this.obtain(i, signal);
    };
    const workers = Array.from({ length: PARALLEL }, (_, k) =>
      worker(k)
        .catch((error) => failed.abort(error)) // of which the first counts
        .finally(() => this.isFast()),
    );
    await Promise.all(workers); // also those that keep what came to them
    if (failed.signal.aborted) {
      this.signal?.throwIfAborted();
      const error = failed.signal.reason;
      if (error.code === "network") {
        const how = this.where === "memory" ? "" : `; ${this.held} of ${total} bytes are kept on this device, and the next try goes on from there`;
        throw new RoentgoError("network", error.message + how, { cause: error });
      }
      throw error;
    }
    return text;
  }

  get loaded() {
    return [...this.counted.values()].reduce((sum, n) => sum + n, 0);
  }

  // How much stays: whole pieces and parts, but not what came of a piece where the
  // server sends the whole file, which begins again.
  get held() {
    return this.frames.reduce((sum, { size }, i) => sum + (this.memory.has(i) ? size : (this.parts.get(i)?.have ?? 0)), 0);
  }

  // Reports how many bytes of a piece are here.
  count(i, bytes) {
    this.counted.set(i, bytes);
    this.onProgress({ phase: "download", loaded: this.loaded, total: this.total, cached: this.cached });
  }

  // The pinned manifest from this device, where it is here; else from the
  // network; without a network, whichever is here.
  async findManifest() {
    const check = async (bytes) => !this.wanted || (await this.digest(bytes)) === this.wanted;
    const here = await this.kept(this.url);
    if (here && this.wanted && (await check(here))) return new TextDecoder().decode(here);
    let bytes, response;
    try {
      response = await fetched(this.url, { signal: this.signal, cache: "no-cache" });
      bytes = await bounded(response, MAX_MANIFEST, "the manifest");
    } catch (error) {
      if (error.code === "network" && here && !this.wanted) return new TextDecoder().decode(here);
      throw error;
    }
    if (!(await check(bytes))) {
      throw new RoentgoError("hash", `the manifest ${this.url} is not the one that this page names (a newer model, or a changed one: reload the page)`);
    }
    this.fresh = bytes; // kept when its pieces are here
    this.answer = response; // which explains bytes that are none of a manifest
    return new TextDecoder().decode(bytes);
  }

  parse(text) {
    let manifest;
    const bad = (why) => wrongHost(this.answer, "the manifest") ?? new RoentgoError("model", `${this.url} is no manifest of a model: ${why}`);
    try {
      manifest = JSON.parse(text);
    } catch (error) {
      throw bad(error.message);
    }
    const frames = manifest?.frames;
    if (!Array.isArray(frames) || frames.length < 1 || frames.length > MAX_PIECES) throw bad(`it has no list of 1 to ${MAX_PIECES} frames`);
    let at = 0;
    for (const f of frames) {
      if (f?.offset !== at || !Number.isInteger(f.size) || f.size < 1 || f.size > MAX_PIECE || !/^[0-9a-f]{64}$/.test(f.sha256)) {
        throw bad(`a frame at ${at} breaks a rule`);
      }
      at += f.size;
    }
    if (manifest.pieces !== undefined && typeof manifest.pieces !== "string") throw bad("pieces is no address");
    if (manifest.pieces === undefined && typeof manifest.file !== "string") throw bad("it names no file");
    this.frames = frames;
    this.file = new URL(manifest.file ?? "", this.url).href;
    this.pieces = manifest.pieces === undefined ? null : new URL(manifest.pieces, this.url).href;
  }

  // A piece that is kept here. What was damaged since is as if it were not.
  async recall(i) {
    const bytes = await this.kept(pieceKey(this.frames[i].sha256));
    if (!bytes || bytes.length !== this.frames[i].size || (await this.digest(bytes)) !== this.frames[i].sha256) return false;
    this.memory.set(i, bytes);
    return true;
  }

  // How much is here of a piece that did not come whole.
  async recallPart(i) {
    const bytes = await this.kept(partKey(this.frames[i].sha256));
    if (!bytes || bytes.length >= this.frames[i].size) return 0;
    const part = this.part(i);
    part.bytes.set(bytes);
    return (part.have = bytes.length);
  }

  part(i) {
    if (!this.parts.has(i)) this.parts.set(i, { bytes: new Uint8Array(this.frames[i].size), have: 0 });
    return this.parts.get(i);
  }

  // Keeps what has come of a piece, so that another visit goes on from there.
  async keepPart(i) {
    const part = this.parts.get(i);
    if (part?.have) await this.keep(partKey(this.frames[i].sha256), part.bytes.slice(0, part.have));
  }

  async dropPart(i) {
    if (!this.parts.delete(i)) return;
    await (await this.cache())?.delete(partKey(this.frames[i].sha256)).catch(() => {});
  }

  // Fetches a piece, unless another page has done so meanwhile. On a line that
  // moves at all it comes: only tries that brought nothing are counted.
  async obtain(i, signal) {
    const { sha256, size } = this.frames[i];
    const progress = () => this.memory.size + (this.parts.get(i)?.have ?? 0);
    const get = async () => {
      if (this.memory.has(i) || (await this.recall(i))) return this.count(i, size);
      for (let failures = 0, farthest = progress(); ; ) {
        try {
          return await this.fetchPiece(i, failures > 0, signal);
        } catch (error) {
          const damaged = error.code === "hash" || error.code === "host";
          await (damaged ? this.dropPart(i) : this.keepPart(i));
          signal.throwIfAborted();
          if (error.code !== "network" && error.code !== "hash") throw error;
          failures = !damaged && progress() > farthest ? 1 : failures + 1;
          farthest = Math.max(farthest, progress());
          if (failures === TRIES) throw error;
          await new Promise((wake) => setTimeout(wake, 300 * failures * failures));
          signal.throwIfAborted();
        }
      }
    };
    if (self.navigator?.locks && this.where === "kept") await navigator.locks.request(`roentgo ${sha256}`, { signal }, get);
    else await get();
  }

  async accept(i, bytes, response) {
    const { size, sha256 } = this.frames[i];
    if (bytes.length !== size || (await this.digest(bytes)) !== sha256) {
      this.count(i, 0);
      throw wrongHost(response, "the model") ?? new RoentgoError("hash", `piece ${i + 1} of the model came damaged, or is another's (its SHA-256 is not the manifest's)`);
    }
    this.memory.set(i, bytes);
    await this.keep(pieceKey(sha256), bytes);
    await this.dropPart(i);
    this.count(i, size);
  }

  // Fetches what is missing of a piece; or, where the server sends the whole
  // file, each piece of it as it comes.
  async fetchPiece(i, again, signal) {
    const { offset, size, sha256 } = this.frames[i];
    const part = this.part(i);
    if (part.have === size) return this.accept(i, part.bytes); // cut after the last byte
    const init = { signal, cache: again ? "reload" : "default" };
    let response;
    if (this.pieces) {
      response = await fetched(new URL(sha256, this.pieces).href, part.have ? { ...init, headers: { range: `bytes=${part.have}-` } } : init);
      if (response.status !== 206) part.have = 0; // it is the piece from its beginning
    } else {
      if (this.whole) return this.whole;
      response = await fetched(this.file, { ...init, headers: { range: `bytes=${offset + part.have}-${offset + size - 1}` } }).catch((error) => this.explain(error, signal));
      if (response.status !== 206) return this.takeWhole(response);
    }
    await this.receive(i, part, response);
    await this.accept(i, part.bytes.subarray(0, part.have), response);
  }

  // Throws why the model could not be fetched. A browser gives no response where a
  // host packs a part of a file: the headers of the whole file say so.
  async explain(error, signal) {
    const head = error.code === "network" && (await fetch(this.file, { method: "HEAD", signal }).catch(() => undefined));
    throw (head && wrongHost(head, "the model")) || error;
  }

  // Adds what comes to a part.
  async receive(i, part, response) {
    let kept = part.have;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read().catch((error) => {
        throw error.name === "AbortError" ? error : (wrongHost(response, "the model") ?? new RoentgoError("network", `piece ${i + 1} of the model was cut off`, { cause: error }));
      });
      if (done && part.have < part.bytes.length && response.status === 206) throw new RoentgoError("network", `piece ${i + 1} of the model ended early`);
      if (done) return;
      if (part.have + value.length > part.bytes.length) {
        await reader.cancel();
        throw wrongHost(response, "the model") ?? new RoentgoError("hash", `piece ${i + 1} of the model is larger than the ${part.bytes.length} bytes it may have`);
      }
      part.bytes.set(value, part.have);
      part.have += value.length;
      this.moved(value.length);
      this.count(i, part.have);
      if (part.have - kept >= PART && part.have < part.bytes.length) {
        await this.keepPart(i);
        kept = part.have;
      }
    }
  }

  // Measures the line.
  moved(bytes) {
    this.began ??= performance.now();
    this.came += bytes;
    if (this.came >= ENOUGH && this.came / (performance.now() - this.began) >= FAST) this.isFast();
  }

  async takeWhole(response) {
    if (this.whole) {
      await response.body.cancel();
      return this.whole;
    }
    this.isFast(); // nothing else is to be asked for
    this.whole = this.takeAll(response).catch((error) => {
      this.whole = null;
      if (error.code || error.name === "AbortError") throw error;
      throw wrongHost(response, "the model") ?? new RoentgoError("network", `${this.file} was cut off`, { cause: error });
    });
    return this.whole;
  }

  // Takes the pieces out of the whole file as it comes.
  async takeAll(response) {
    const reader = response.body.getReader();
    let left = new Uint8Array(0);
    for (const [i, { size }] of this.frames.entries()) {
      const piece = new Uint8Array(size);
      let filled = 0;
      while (filled < size) {
        if (left.length === 0) {
          const { done, value } = await reader.read();
          if (done) throw wrongHost(response, "the model") ?? new RoentgoError("network", `${this.file} ended early`);
          left = value;
        }
        const n = Math.min(left.length, size - filled);
        piece.set(left.subarray(0, n), filled);
        left = left.subarray(n);
        filled += n;
        this.moved(n);
        if (!this.memory.has(i)) this.count(i, filled);
      }
      if (!this.memory.has(i)) await this.accept(i, piece, response);
    }
    await reader.cancel();
  }

  // Hands out a piece of an open model. Once settled, it comes from this
  // device, or from the network where it is no longer there.
  async piece(i) {
    if (!this.memory.has(i)) await this.obtain(i, new AbortController().signal);
    const bytes = this.memory.get(i);
    if (this.where === "kept" && this.settled) this.memory.delete(i);
    return bytes;
  }

  // The model is open: its manifest is kept, and what no kept manifest has is
  // dropped from this device, as are the pieces from memory.
  async settle() {
    if (this.fresh) await this.keep(this.url, this.fresh);
    const cache = await this.cache();
    if (!cache) return;
    this.settled = true;
    this.memory.clear();
    await forgetManifests(cache, this.url, this.url);
    await sweep(cache);
  }
}
