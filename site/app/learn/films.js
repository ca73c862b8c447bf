// Images on the page: a canvas with its words.

import { element } from "../dom.js";
import { coloured, diverging } from "../colours.js";
import { centred, difference } from "../difference.js";

/** A figure of an image, or of an empty place without one. */
export function film(pixels, label, ...caption) {
  const canvas = element("canvas", { width: pixels.width, height: pixels.height, role: "img", ariaLabel: label });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return element("figure", { className: "film" }, canvas, element("figcaption", {}, ...caption));
}

/** The difference of two images in colours. */
export function differenceOf(a, b) {
  return coloured(centred(difference(a, b)), a.width, a.height, diverging);
}
