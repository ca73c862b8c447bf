// The service worker keeps the files of one version of the site, all or none,
// and answers with them, so that the page works offline and never sees a mix
// of versions. The pieces of the model are none of its business: the library
// keeps those. FILES, HEADERS and VERSION are stamped in by the build.

// Other copies of the app may live on the same origin, each in a folder of its
// own: every name begins with the folder.
const SCOPE = new URL("./", self.location.href);
const PREFIX = `roentgo-app ${SCOPE.pathname} `; // as in offline.js
const CACHE = PREFIX + VERSION;

const paths = new Set(FILES.map(f => f.path));

/** The address of a file of this version. */
function address(path) {
  return new URL(path, SCOPE).href;
}

/** Whether bytes are a file's. */
async function matches(bytes, file) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, b => b.toString(16).padStart(2, "0")).join("") === file.sha256;
}

/** The bytes of a file: those of another version, where it did not change, or from the network. */
async function bytesOf(file) {
  const kept = await caches.match(address(file.path));
  if (kept) {
    const bytes = await kept.arrayBuffer();
    if (await matches(bytes, file)) return bytes;
  }
  // What the page has fetched already is asked for again by its date alone; past the
  // browser's cache where what is there is not this file.
  for (const cache of ["no-cache", "reload"]) {
    const response = await fetch(address(file.path), { cache, credentials: "same-origin" });
    if (!response.ok) throw new Error(`${file.path}: status ${response.status}`);
    const bytes = await response.arrayBuffer();
    if (await matches(bytes, file)) return bytes;
  }
  throw new Error(`${file.path}: not the file of version ${VERSION}`);
}

/** Keeps a file with the headers that isolate the page, which not every host can send. */
async function keep(cache, file) {
  const headers = { ...HEADERS, "Content-Type": file.type };
  await cache.put(address(file.path), new Response(await bytesOf(file), { headers }));
}

self.addEventListener("install", event => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    // All of them end before the cache goes, so that none is kept after it.
    const kept = await Promise.allSettled(FILES.map(file => keep(cache, file)));
    const failed = kept.find(k => k.status === "rejected");
    if (failed) {
      await caches.delete(CACHE);
      throw failed.reason;
    }
  })());
});

// A version that waits takes over when the page says so.
self.addEventListener("message", event => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("activate", event => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !url.href.startsWith(SCOPE.href)) return;
  const path = url.pathname.slice(SCOPE.pathname.length) || "index.html";
  if (!paths.has(path)) return;
  event.respondWith(answer(event.request, path));
});

/** The kept file; where the browser threw it away, the network's. */
async function answer(request, path) {
  const cache = await caches.open(CACHE);
  return await cache.match(address(path)) ?? fetch(request);
}
