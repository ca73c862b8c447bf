// Where models are kept on this device.
export const CACHE = "roentgo-models-1";

// Removes them all.
export async function remove() {
  await globalThis.caches?.delete(CACHE);
}
