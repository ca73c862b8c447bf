// Where words look: the cross-attention of a chosen word over the image.

import { byId, echo, element, paint } from "./dom.js";
import { coloured, heat, paintRamp } from "./colours.js";
import { EVEN, spread } from "./attention.js";
import { describe } from "./describe.js";
import { t } from "./language.js";

const canvas = byId("words-canvas");
const opacity = byId("words-opacity");

/** again(image, options) makes an image once more, watching its words. */
export function startWords(images, again) {
  const show = word => {
    const { attention, settings } = images.chosen;
    const area = attention.size ** 2;
    const { values, low } = spread(attention.maps.subarray(word * area, (word + 1) * area));
    canvas.width = canvas.height = attention.size;
    paint(canvas, coloured(values, attention.size, attention.size, heat));
    canvas.ariaLabel = t("words.looks", { word: attention.words[word], prompt: settings.prompt });
    byId("words-least").textContent = `${Math.floor(100 * low)} %`;
    byId("words-even").hidden = low < EVEN;
  };

  const fade = () => {
    canvas.style.opacity = opacity.value / 100;
    byId("words-output").textContent = `${opacity.value} %`;
  };

  // Pointing at a word shows it for as long.
  const chip = (word, i) => element("label", { className: "word", onpointerenter: () => show(i), onpointerleave: () => show(chosen()) },
    element("input", { type: "radio", name: "word", value: i, checked: i === 0, onchange: () => show(i) }),
    element("span", { className: "chip" }, echo(word)));

  const chosen = () => Number(byId("words-chips").querySelector(":checked").value);

  const open = () => {
    const image = images.chosen;
    const there = !!image?.attention?.words.length;
    byId("words-film").hidden = byId("words-control").hidden = byId("words-choice").hidden = !there;
    byId("words-again").hidden = !image || there || !image.settings.prompt;
    if (!image) byId("words-idle").textContent = t("words.first");
    else if (!image.settings.prompt) byId("words-idle").textContent = t("words.without");
    else byId("words-idle").textContent = there ? "" : t("words.slow");
    if (!there) return;
    byId("words-image").src = image.url;
    byId("words-image").alt = describe(image.settings);
    byId("words-chips").replaceChildren(...image.attention.words.map(chip));
    show(0);
  };

  opacity.addEventListener("input", fade);
  images.addEventListener("choose", open);
  byId("words-again").addEventListener("click", () => again(images.chosen, { attention: true }));
  paintRamp(byId("words-legend"), heat);
  fade();
  open();
}
