// Two prompts, one seed: B over A with a divider, a map of what differs, and
// where B looks for each of its words.

import { byId, echo, element, paint, pixelsOf } from "./dom.js";
import { peak, spread } from "./attention.js";
import { coloured, diverging, heat, paintRamp } from "./colours.js";
import { describe } from "./describe.js";
import { centred, difference } from "./difference.js";
import { forgetNoted, watchField } from "./fields.js";
import { holds, measured, toggled } from "./findings.js";
import { requestOf } from "./settings.js";
import { announce } from "./speak.js";
import { startSwipe } from "./swipe.js";
import { watchUnknown } from "./unknown.js";
import { t, translated } from "./language.js";

const prompt = byId("compare-prompt");
const swipe = byId("compare-swipe");
const layer = byId("compare-b");
const looks = byId("compare-words-map");

/** What is only there with a B. */
const OF_B = ["compare-b", "compare-at", "compare-difference", "compare-words"].map(byId);

/** The fields of settings in which B is like A. */
function alike(a, b) {
  return Object.entries(requestOf(a)).every(([name, value]) => name === "prompt" || b[name] === value || name === "count") && a.modelHash === b.modelHash;
}

/** Shows where B looks for a word of an image, over the whole of B; hide() ends it. */
const attention = {
  show({ attention: { size, maps } }, word, i) {
    const { values } = spread(maps.subarray(i * size ** 2, (i + 1) * size ** 2));
    looks.width = looks.height = size;
    paint(looks, coloured(values, size, size, heat));
    looks.ariaLabel = t("compare.looks", { word, place: place(maps, size, i) });
    looks.hidden = false;
    swipe.classList.add("looking");
  },
  hide() {
    looks.hidden = true;
    swipe.classList.remove("looking");
  },
};

function place(maps, size, i) {
  return t(`place.${peak(maps.subarray(i * size ** 2, (i + 1) * size ** 2), size)}`);
}

/** The words of B as buttons. */
function wordChips(b) {
  return b.attention.words.map((word, i) => {
    const show = () => attention.show(b, word, i);
    return element("button", {
      type: "button", className: "chip", ariaDescription: t("compare.most", { place: place(b.attention.maps, b.attention.size, i) }),
      onpointerenter: show, onfocus: show, onclick: show, onpointerleave: attention.hide, onblur: attention.hide,
      onkeydown: event => event.key === "Escape" && attention.hide(),
    }, echo(word));
  });
}

/**
 * make(request, onStep) makes an image, which it resolves with, or null.
 * sampler() gives the sampler, or null while there is none.
 */
export function startCompare(images, sampler, make) {
  let a = null;
  let b = null;

  const mark = () => {
    for (const chip of byId("compare-findings").children) chip.ariaPressed = String(holds(prompt.value, chip.finding));
  };

  const showDifference = async () => {
    const [from, to] = [a, b];
    const [pixelsA, pixelsB] = await Promise.all([pixelsOf(a.png), pixelsOf(b.png)]);
    if (a !== from || b !== to) return;
    const map = byId("compare-map");
    const d = difference(pixelsA, pixelsB);
    for (const canvas of [layer, map]) Object.assign(canvas, { width: pixelsB.width, height: pixelsB.height });
    paint(layer, pixelsB);
    paint(map, coloured(centred(d), pixelsB.width, pixelsB.height, diverging));
    const text = t("compare.mean", { text: d.mean < 1 ? t("compare.same") : t("compare.differ"), mean: d.mean.toFixed(1) });
    map.ariaLabel = t("compare.difference", { text });
    byId("compare-map-text").textContent = text;
    byId("compare-darker").textContent = `−${d.scale}`;
    byId("compare-brighter").textContent = `+${d.scale}`;
    byId("compare-difference").hidden = false;
  };

  /** Shows B beside A; null: A alone. */
  const showB = async image => {
    b = image;
    attention.hide();
    for (const e of OF_B) e.hidden = !b || e.id === "compare-difference";
    swipe.classList.toggle("alone", !b);
    byId("compare-b-text").textContent = b ? b.settings.prompt || t("prompt.none") : t("compare.asA");
    if (!b) return;
    layer.ariaLabel = describe(b.settings);
    byId("compare-words-chips").replaceChildren(...b.attention ? wordChips(b) : []);
    byId("compare-words").hidden = !b.attention?.words.length;
    await showDifference();
  };

  const showPreview = text => step => {
    if (!step.preview) return;
    layer.hidden = false;
    swipe.classList.remove("alone");
    layer.width = layer.height = 256;
    paint(layer, step.preview);
    byId("compare-b-text").textContent = text;
  };

  /**
   * Compares with what the words of B make: an image that is there, else a new
   * one. Whatever changes the words calls it.
   */
  const want = async () => {
    const words = prompt.value.trim();
    mark();
    if (words === a.settings.prompt) return showB(null);
    const made = images.list.find(i => i.attention && i.settings.prompt === words && alike(a.settings, i.settings));
    if (made) return showB(made);
    const [from, before] = [a, b];
    const record = await make({ ...requestOf(a.settings), prompt: words, attention: true }, showPreview(words));
    if (a === from) await showB(record ?? before);
  };

  const open = () => {
    if (images.chosen === a) return;
    a = images.chosen;
    byId("compare").hidden = !a;
    byId("compare-idle").hidden = a !== null;
    if (!a) return;
    byId("compare-a").src = a.url;
    byId("compare-a").alt = describe(a.settings);
    byId("compare-a-text").textContent = a.settings.prompt || t("prompt.none");
    byId("compare-seed").textContent = t("learn.seed", { seed: a.settings.seed });
    prompt.value = a.settings.prompt;
    prompt.dispatchEvent(new Event("input"));
    showB(null);
  };

  byId("compare-findings").append(...measured.map(finding => {
    const chip = element("button", {
      type: "button", className: "chip", lang: "en", textContent: finding.say[0], title: translated(finding.plain), ariaPressed: "false",
      onclick() {
        prompt.value = toggled(prompt.value, finding);
        prompt.dispatchEvent(new Event("input"));
        announce(t("compare.wordsOfB", { words: prompt.value }));
        want();
      },
    });
    chip.dataset.runs = "";
    chip.finding = finding;
    return chip;
  }));
  watchField(prompt);
  const look = watchUnknown(prompt, sampler);
  prompt.addEventListener("input", () => {
    forgetNoted();
    mark();
  });
  byId("compare-form").addEventListener("submit", event => {
    event.preventDefault();
    want();
  });
  startSwipe(swipe, byId("compare-at"));
  images.addEventListener("choose", open);
  paintRamp(byId("compare-ramp"), diverging);
  open();
  return look;
}
