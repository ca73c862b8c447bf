// The images that this browser keeps: an IndexedDB of PNG files and settings,
// the newest hundred. Where the browser refuses one they last as long as the
// page.

import { FOLDER } from "./folder.js";
import { t } from "./language.js";

const DATABASE = `roentgo-history ${FOLDER}`;
const STORE = "images";

/** The most images that are kept. */
export const MAX_IMAGES = 100;

/** The result of a request. */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Whether a change is on the disk, and not only asked for: a page may end in between. */
function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return new Promise((resolve, reject) => {
    request.onblocked = () => reject(new Error(t("history.older")));
    done(request).then(resolve, reject);
  });
}

export class History {
  #database = null;

  /** Why nothing is kept; empty where it is. */
  reason = "";

  /** Opens the database and returns what it holds, oldest first. */
  async open() {
    try {
      this.#database = await open();
      // Another tab that removes everything must not wait for this one.
      this.#database.onversionchange = () => this.#close(t("history.elsewhere"));
      return await done(this.#store("readonly").getAll());
    } catch (error) {
      this.#close(error.message);
      return [];
    }
  }

  #close(reason) {
    this.#database?.close();
    this.#database = null;
    this.reason = reason;
  }

  #store(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }

  /** Keeps an image: { id, made, settings, png, unknownWords }. */
  async put(image) {
    await this.#write(store => store.put(image));
  }

  async delete(id) {
    await this.#write(store => store.delete(id));
  }

  async clear() {
    await this.#write(store => store.clear());
  }

  async #write(change) {
    if (!this.#database) return;
    try {
      await committed(change(this.#store("readwrite")).transaction);
    } catch (error) {
      this.#close(error.message);
    }
  }

  /** Removes the database. */
  async remove() {
    this.#close(t("history.removed"));
    await done(indexedDB.deleteDatabase(DATABASE));
  }
}
