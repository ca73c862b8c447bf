// Where models are kept on this device: a cache for all pages of an origin,
// with manifests under their own addresses and pieces under that of their
// content, so that two pages with one model keep it once.
export const CACHE = "roentgo-models-1";

const PIECE = "/roentgo-piece/";
const PART = "/roentgo-part/";
const BEGUN = "/roentgo-begun/";

// A page without an origin of its own, as in a sandbox, keeps nothing, but
// asks under some address all the same.
const origin = () => (self.origin === "null" ? "https://none.invalid" : self.origin);

// Under which address a piece is kept, and the beginning of one that has not
// come whole. Nothing is fetched from either.
export const pieceKey = (sha256) => new URL(PIECE + sha256, origin()).href;
export const partKey = (sha256) => new URL(PART + sha256, origin()).href;

// Under which address a manifest is kept until its pieces are here: from its own
// no page may take it before, but what has come of them is not to be swept.
export const begunKey = (manifest) => new URL(BEGUN + encodeURIComponent(manifest), origin()).href;

const isManifest = (url) => !url.includes(PIECE) && !url.includes(PART);

// The address that a manifest is kept for.
function addressOf(url) {
  const [, begun] = url.split(BEGUN);
  return begun === undefined ? url : decodeURIComponent(begun);
}

const withoutQuery = (url) => url.replace(/[?#].*$/, "");

// Deletes the manifests of an address, with whatever query they were kept, but
// not the one named by but.
export async function forgetManifests(cache, manifest, but) {
  for (const { url } of await cache.keys()) {
    if (isManifest(url) && url !== but && withoutQuery(addressOf(url)) === withoutQuery(manifest)) await cache.delete(url);
  }
}

// Deletes what no kept manifest has.
export async function sweep(cache) {
  const used = new Set();
  const keys = (await cache.keys()).map((r) => r.url);
  for (const url of keys.filter(isManifest)) {
    try {
      const { frames } = await (await cache.match(url)).json();
      used.add(url);
      for (const { sha256 } of frames) used.add(pieceKey(sha256)).add(partKey(sha256));
    } catch {
      used.delete(url); // no manifest
    }
  }
  for (const url of keys) if (!used.has(url)) await cache.delete(url);
}

// Removes the model of a manifest, without what other kept models share with
// it; without a manifest, all models.
export async function remove(manifest) {
  if (!globalThis.caches) return;
  if (!manifest) return void (await caches.delete(CACHE));
  const cache = await caches.open(CACHE);
  await forgetManifests(cache, manifest);
  await sweep(cache);
  if ((await cache.keys()).length === 0) await caches.delete(CACHE);
}
