// The images that were made, newest first.

import { byId, echo, element } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { describe } from "./describe.js";
import { MAX_IMAGES } from "./history.js";
import { say } from "./speak.js";
import { t } from "./language.js";

/** onOpen is called when a tile is chosen. */
export function startGallery(images, onOpen) {
  const tiles = new Map(); // by image
  const tile = image => element("li", {}, element("button", {
    type: "button",
    onclick() {
      images.choose(image);
      onOpen();
    },
  },
  element("img", { src: image.url, alt: describe(image.settings), width: 128, height: 128, loading: "lazy", decoding: "async" }),
  element("span", { ariaHidden: "true" }, echo(image.settings.prompt || t("prompt.none")))));

  const mark = () => {
    for (const [image, item] of tiles) item.firstChild.setAttribute("aria-pressed", String(image === images.chosen));
  };
  images.addEventListener("change", () => {
    for (const image of tiles.keys()) if (!images.list.includes(image)) tiles.delete(image);
    for (const image of images.list) if (!tiles.has(image)) tiles.set(image, tile(image));
    byId("gallery").replaceChildren(...images.list.map(i => tiles.get(i)));
    byId("delete-all").hidden = images.list.length === 0;
    byId("gallery-note").textContent = note(images);
    mark();
  });
  images.addEventListener("choose", mark);

  byId("delete-all").addEventListener("click", async () => {
    const n = images.list.length;
    if (!await confirmed(t("gallery.delete.title"), t(n === 1 ? "gallery.delete.one" : "gallery.delete.many", { count: n }), t("gallery.delete"))) return;
    await images.clear();
    say(t("gallery.deleted"));
    byId("prompt").focus();
  });
}

function note({ list, reason }) {
  if (reason) return t("gallery.unkept", { reason });
  if (list.length === 0) return t("gallery.empty", { most: MAX_IMAGES });
  return t("gallery.count", { count: list.length, most: MAX_IMAGES });
}
