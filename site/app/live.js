// An image while one types: a second, faster model draws the words as they are.

import { byId } from "./dom.js";
import { megabytes } from "./device.js";
import { recall, remember } from "./remember.js";
import { drawSeed } from "./settings.js";
import { t } from "./language.js";

const PAUSE = 120; // milliseconds without a key after which the words are drawn

const box = byId("live");
const film = byId("live-film");
const picture = byId("live-image");
const state = byId("live-state");
const prompt = byId("prompt");
const seed = byId("seed");

/**
 * fast is the laboratory of the faster model, bytes what it costs; busy() says whether
 * the page computes something else, which goes first.
 */
export function startLive({ fast, bytes, busy }) {
  let timer = 0;
  let drawing = false;
  let drawn = ""; // what the picture shows

  /** Draws the words as they are, once the page has time; again if they changed meanwhile. */
  const draw = async () => {
    if (!box.checked || drawing || busy() || !fast.sampler) return;
    const wanted = { prompt: prompt.value.trim(), seed: seed.value };
    const key = JSON.stringify(wanted);
    if (key === drawn) return;
    drawing = true;
    try {
      const image = await fast.sampler.image(wanted);
      if (!box.checked) return;
      const url = URL.createObjectURL(await image.blob());
      URL.revokeObjectURL(picture.src);
      picture.src = url;
      picture.alt = t("live.shows", { prompt: wanted.prompt });
      film.hidden = false;
      state.textContent = t("live.refine");
    } catch (error) {
      if (error.name !== "AbortError") state.textContent = error.message;
    } finally {
      drawn = key;
      drawing = false;
      draw();
    }
  };

  const begin = async () => {
    remember("live", "on");
    if (seed.value === "") {
      // Words alone should change the picture, and Make should refine it.
      seed.value = drawSeed();
      seed.dispatchEvent(new Event("input", { bubbles: true }));
    }
    state.textContent = t("live.loading");
    try {
      await fast.load();
      drawn = "";
      state.textContent = "";
      draw();
    } catch (error) {
      if (error.name !== "AbortError") state.textContent = error.message;
      box.checked = false;
    }
  };

  const end = () => {
    remember("live", "off");
    fast.close();
    film.hidden = true;
    state.textContent = "";
  };

  byId("live-help").textContent = t("live.help", { megabytes: megabytes(bytes) });
  box.addEventListener("change", () => box.checked ? begin() : end());
  for (const field of [prompt, seed]) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(draw, PAUSE);
    });
  }
  fast.addEventListener("progress", ({ detail: { loaded, total } }) => {
    if (total && loaded < total) state.textContent = t("status.percent", { percent: Math.floor(loaded / total * 100) });
  });
  if (recall("live") === "on" && fast.kept) {
    box.checked = true;
    begin();
  }
  return draw;
}
