// The atlas: a normal chest and a finding of one seed, side by side.

import { byId, element } from "../dom.js";
import { t } from "../language.js";
import { differenceOf, film } from "./films.js";
import { FINDINGS, interval } from "./findings.js";
import { nameOf, whereOf } from "./names.js";
import { NORMAL, SEEDS, requestOf } from "./questions.js";

/** failed is called with an error. Returns a function that takes the sampler. */
export function startAtlas(failed) {
  let sampler = null;
  let finding = FINDINGS[0];
  let view = "PA";
  let turn = 0; // which of the checked seeds
  let controller = null;

  const describe = () => {
    byId("atlas-name").textContent = nameOf(finding.name);
    byId("atlas-where").textContent = whereOf(finding.name);
    byId("atlas-figures").textContent = [
      t("atlas.says", { made: interval(finding.made), real: interval(finding.real), images: finding.images }),
      finding.few && t("atlas.says.few"),
    ].filter(Boolean).join(" ");
  };

  const draw = async () => {
    describe();
    if (!sampler) return;
    controller?.abort();
    const { signal } = controller = new AbortController();
    const { seeds } = SEEDS.findings[finding.name][view];
    const { seed } = seeds[turn % seeds.length];
    byId("atlas-films").hidden = true;
    byId("atlas-idle").hidden = false;
    byId("atlas-idle").textContent = t("learn.making");
    try {
      const normal = await sampler.image({ ...requestOf(NORMAL, view, seed), signal });
      const found = await sampler.image({ ...requestOf(finding.name, view, seed), signal });
      show(normal.imageData, found.imageData, seed);
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
  };

  const show = (normal, found, seed) => {
    const caption = what => [element("b", { textContent: what }), ` · ${view} · ${t("learn.seed", { seed })}`];
    byId("atlas-films").replaceChildren(
      film(normal, t("atlas.alt", { what: t("learn.normal"), view }), ...caption(t("learn.normal"))),
      film(found, t("atlas.alt", { what: nameOf(finding.name), view }), ...caption(nameOf(finding.name))),
      film(differenceOf(normal, found), t("atlas.difference"), element("b", { textContent: t("atlas.difference.short") }), ` · ${t("atlas.difference")}`),
    );
    byId("atlas-films").hidden = false;
    byId("atlas-idle").hidden = true;
  };

  byId("atlas-findings").append(...FINDINGS.map((f, i) => element("label", { className: "word" },
    element("input", {
      type: "radio", name: "atlas-finding", value: f.name, checked: i === 0,
      onchange() {
        finding = f;
        turn = 0;
        draw();
      },
    }),
    element("span", { className: "chip", textContent: nameOf(f.name) }))));
  for (const input of document.getElementsByName("atlas-view")) {
    input.addEventListener("change", () => {
      view = input.value;
      turn = 0;
      draw();
    });
  }
  byId("atlas-next").addEventListener("click", () => {
    turn++;
    draw();
  });
  describe();
  return ready => {
    sampler = ready;
    draw();
  };
}
