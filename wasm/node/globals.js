// What the worker of browsers finds in its global object, for a worker of Node,
// Deno or Bun.

import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parentPort } from "node:worker_threads";

globalThis.self ??= globalThis;
globalThis.origin ??= "null"; // as in a sandbox
// Of what these programs have, too, the library promises nothing: neither a GPU
// nor a place where models are kept.
for (const [name, value] of [["navigator", {}], ["caches", undefined]]) Object.defineProperty(globalThis, name, { value, configurable: true });
globalThis.location ??= { href: import.meta.url };
globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
parentPort.on("message", (data) => globalThis.onmessage({ data }));

// The range that a request asks for, cut to what the file has.
function rangeOf(init, size) {
  const [, from, to] = /^bytes=([0-9]+)-([0-9]*)$/.exec(init?.headers?.range ?? "") ?? [];
  if (from === undefined) return undefined;
  return { from: Math.min(Number(from), size), end: Math.min(to ? Number(to) + 1 : size, size) };
}

// Answers as a server would that has the file.
async function fetchFile(url, init) {
  init?.signal?.throwIfAborted();
  let file;
  try {
    file = await open(fileURLToPath(url));
  } catch (error) {
    return new Response(null, { status: error.code === "ENOENT" ? 404 : 403, statusText: error.message });
  }
  try {
    const { size } = await file.stat();
    const range = rangeOf(init, size);
    const { from, end } = range ?? { from: 0, end: size };
    const bytes = new Uint8Array(Math.max(0, end - from));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return new Response(bytes.subarray(0, bytesRead), { status: range ? 206 : 200 });
  } finally {
    await file.close();
  }
}

// Node's own fetch takes no address of a file.
const fetchRemote = globalThis.fetch;
globalThis.fetch = (url, init) => (String(url).startsWith("file:") ? fetchFile(url, init) : fetchRemote(url, init));
