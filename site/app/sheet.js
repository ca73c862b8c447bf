// The images of a run on the viewer's stage: one large, or a contact sheet.

import { byId, element, paint } from "./dom.js";
import { describe, shortly } from "./describe.js";
import { t } from "./language.js";

/** One place on the stage: empty, a preview, or an image. */
class Place {
  figure = element("figure", { className: "film" });
  image = null;

  constructor() {
    this.figure.append(element("div", { className: "frame" }), element("figcaption", { textContent: t("sheet.waits") }));
  }

  preview({ preview, step, steps }) {
    const caption = this.figure.querySelector("figcaption");
    caption.textContent = t("sheet.step", { step, steps });
    if (!preview) return;
    let canvas = this.figure.querySelector("canvas");
    if (!canvas) {
      canvas = element("canvas", { width: 256, height: 256, role: "img", ariaLabel: t("sheet.preview") });
      this.figure.classList.add("preview");
      this.figure.firstElementChild.replaceWith(canvas);
    }
    paint(canvas, preview);
  }

  show(image, choose) {
    this.image = image;
    const picture = element("img", { src: image.url, alt: describe(image.settings), width: 256, height: 256 });
    const overlay = element("span", { className: "overlay" }, picture);
    const film = choose ? element("button", { type: "button", onclick: choose }, overlay) : overlay;
    this.figure.classList.remove("preview");
    this.figure.replaceChildren(film, element("figcaption", {}, element("b", { textContent: t("learn.synthetic") }), ` · ${shortly(image.settings)}`));
  }

  guess(guess, label) {
    const overlay = this.figure.querySelector(".overlay");
    let canvas = overlay.querySelector("canvas");
    if (!guess) {
      canvas?.remove();
      return;
    }
    if (!canvas) overlay.append(canvas = element("canvas", { width: 256, height: 256, role: "img" }));
    canvas.ariaLabel = label;
    paint(canvas, guess);
  }
}

/** Event: "lay" when other images are on the stage. */
export class Sheet extends EventTarget {
  #box = byId("sheet");
  #places = [];
  #images;

  constructor(images) {
    super();
    this.#images = images;
  }

  /** Whether an image is on the stage. */
  has(image) {
    return image !== null && this.#places.some(p => p.image === image);
  }

  /** Makes room for the images of a run. */
  begin(count) {
    this.#lay(Array.from({ length: count }, () => new Place()));
  }

  step(event) {
    this.#places[event.image]?.preview(event);
  }

  image(index, image) {
    const choose = this.#places.length > 1 ? () => this.#images.choose(image) : null;
    this.#places[index]?.show(image, choose);
    this.mark();
    this.dispatchEvent(new Event("lay"));
  }

  /** Lays a guess (ImageData) over an image, or, null, takes it away from all. */
  guess(image, guess, label) {
    for (const place of this.#places) if (place.image) place.guess(place.image === image ? guess : null, label);
  }

  /** Takes away the places that stayed empty. */
  end() {
    this.#lay(this.#places.filter(p => p.image));
    this.mark();
  }

  /** Shows the chosen image: in the sheet, where it is there, else alone. */
  show(image) {
    if (this.#places.some(p => !p.image)) return; // a run is on its way
    if (!image) this.#lay([]);
    else if (!this.#places.some(p => p.image === image)) {
      const place = new Place();
      place.show(image, null);
      this.#lay([place]);
    }
    this.mark();
  }

  /** Marks the chosen image, and forgets those that were deleted. */
  mark() {
    const left = this.#places.filter(p => !p.image || this.#images.list.includes(p.image));
    if (left.length < this.#places.length) this.#lay(left);
    for (const { figure, image } of this.#places) {
      figure.querySelector("button")?.setAttribute("aria-pressed", String(image === this.#images.chosen));
    }
  }

  #lay(places) {
    this.#places = places;
    this.#box.dataset.count = places.length;
    this.#box.hidden = places.length === 0;
    this.#box.replaceChildren(...places.map(p => p.figure));
    this.dispatchEvent(new Event("lay"));
  }
}
