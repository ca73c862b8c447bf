// The images that were made, newest first.

import { byId, echo, element } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { describe } from "./describe.js";
import { MAX_IMAGES } from "./history.js";
import { say } from "./speak.js";

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
  element("span", { ariaHidden: "true" }, echo(image.settings.prompt || "no prompt"))));

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
    if (!await confirmed("Delete all images?", `${n === 1 ? "One image goes" : `${n} images go`} from this device.`, "Delete all")) return;
    await images.clear();
    say("All images are deleted.");
    byId("prompt").focus();
  });
}

function note({ list, reason }) {
  if (reason) return `They go with the page: this browser keeps nothing (${reason}).`;
  if (list.length === 0) return `Those that you make stay on this device, the newest ${MAX_IMAGES}.`;
  return `${list.length} of at most ${MAX_IMAGES}, kept on this device alone.`;
}
