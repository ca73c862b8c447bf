// The service worker: keeps the page for offline use, and its updates.

import { byId } from "./dom.js";
import { FOLDER } from "./folder.js";
import { t } from "./language.js";

const APP_CACHES = `roentgo-app ${FOLDER} `; // as in sw.js

function show(text) {
  byId("offline-state").textContent = text;
}

/**
 * Keeps the page on this device. A new version waits until it is complete and
 * the page says so; busy() reports whether work would be lost by a reload now,
 * and idle(f) calls f once that is over. A first visit costs no more than the
 * page until asked resolves: keeping the page fetches the whole engine.
 */
export async function startOffline({ busy, idle, asked }) {
  const workers = navigator.serviceWorker;
  if (!workers) {
    show(t("offline.never"));
    return;
  }
  let controlled = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    // The first worker of all takes over a page that is of its version.
    if (!controlled) {
      controlled = true;
      return;
    }
    if (busy()) idle(() => location.reload());
    else location.reload();
  });
  byId("update-now").addEventListener("click", async () => {
    (await workers.getRegistration())?.waiting?.postMessage("take over");
  });
  try {
    if (!await workers.getRegistration()) await asked;
    const registration = await workers.register("sw.js", { updateViaCache: "none" });
    const offer = () => {
      if (registration.waiting && workers.controller) byId("update").hidden = false;
    };
    const follow = worker => worker?.addEventListener("statechange", () => {
      if (worker.state === "redundant" && !registration.active) show(t("offline.damaged"));
      offer();
    });
    follow(registration.installing);
    registration.addEventListener("updatefound", () => follow(registration.installing));
    offer();
    await workers.ready;
    show(t("offline.kept"));
  } catch (error) {
    show(t("offline.failed", { message: error.message }));
  }
}

/** Removes the kept page. It stays open until it is closed. */
export async function removePage() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.unregister();
  for (const name of await self.caches?.keys() ?? []) {
    if (name.startsWith(APP_CACHES)) await caches.delete(name);
  }
}
