// A worksheet that prints: questions, and answers on the last page.

import { byId, element } from "../dom.js";
import { t } from "../language.js";
import { drawSeed } from "../settings.js";
import { answerOf, asked, letterOf, optionsOf } from "./answers.js";
import { film } from "./films.js";
import { whereOf } from "./names.js";
import { NORMAL, SEEDS, questions } from "./questions.js";

const PER_PAGE = 2; // questions

/** The first questions of a seed. */
function take(seed, count) {
  const list = [];
  for (const question of questions(seed)) {
    list.push(question);
    if (list.length === count) return list;
  }
}

/** A page of the sheet, which says on itself what it is. */
function paper(about, ...content) {
  return element("section", { className: "paper" },
    element("p", { className: "paper-mark", textContent: t("worksheet.mark") }),
    element("h2", { textContent: t("worksheet.title") }),
    element("p", { className: "paper-name", textContent: t("worksheet.name") }),
    ...content,
    element("p", { className: "paper-about", textContent: about }));
}

/** A question with its images and answers to tick. */
function printed(question, images, number) {
  const films = images.map((pixels, i) => {
    const letter = images.length > 1 ? letterOf(i) : "";
    return film(pixels, t("learn.image", { letter }).trim(), element("b", { textContent: [letter, t("learn.synthetic")].filter(Boolean).join(" · ") }));
  });
  return element("article", { className: "question" },
    element("h3", { textContent: `${t("worksheet.number", { number })}: ${asked(question)}` }),
    element("div", { className: "question-films" }, ...films),
    element("ul", { className: "boxes" }, ...optionsOf(question).map(text => element("li", { textContent: `☐ ${text}` }))));
}

/** The right answers, with where to look. */
function solved(list) {
  return element("ol", { className: "solutions" }, ...list.map(q => element("li", {},
    element("b", { textContent: answerOf(q) }),
    q.finding === NORMAL ? "" : `. ${whereOf(q.finding)}`)));
}

/** failed is called with an error. Returns a function that takes the sampler. */
export function startWorksheet(failed) {
  let sampler = null;
  let controller = null;
  const count = byId("worksheet-count");
  const seed = byId("worksheet-seed");
  const problem = () => {
    if (!count.validity.valid) return t("worksheet.bad.count");
    return seed.validity.valid ? "" : t("worksheet.bad.seed");
  };
  const check = () => {
    for (const field of [count, seed]) field.ariaInvalid = field.validity.valid ? null : "true";
    byId("worksheet-problem").textContent = problem();
  };

  const lay = (list, made) => {
    const sheets = Math.ceil(list.length / PER_PAGE) + 1;
    const about = page => t("worksheet.about", { seed: seed.value, count: list.length, model: SEEDS.model_sha256.slice(0, 8), page, pages: sheets });
    const papers = [];
    for (let from = 0; from < list.length; from += PER_PAGE) {
      const part = list.slice(from, from + PER_PAGE).map((q, i) => printed(q, made[from + i], from + i + 1));
      papers.push(paper(about(papers.length + 1), ...part));
    }
    papers.push(paper(about(sheets), element("h3", { textContent: t("worksheet.answers") }), solved(list)));
    byId("worksheet").replaceChildren(...papers);
    byId("worksheet-state").textContent = t("worksheet.ready", { pages: sheets });
  };

  const make = async () => {
    controller?.abort();
    const { signal } = controller = new AbortController();
    const list = take(Number(seed.value), Number(count.value));
    const total = list.reduce((sum, q) => sum + q.images.length, 0);
    const bar = byId("worksheet-bar");
    let done = 0;
    byId("worksheet").replaceChildren();
    byId("worksheet-print").hidden = true;
    bar.hidden = false;
    try {
      const made = [];
      for (const question of list) {
        const images = [];
        for (const request of question.images) {
          byId("worksheet-state").textContent = t("worksheet.state", { done: done + 1, total });
          bar.value = done / total;
          images.push((await sampler.image({ ...request, signal })).imageData);
          done++;
        }
        made.push(images);
      }
      lay(list, made);
      byId("worksheet-print").hidden = false;
    } catch (error) {
      if (signal.aborted) return;
      byId("worksheet-state").textContent = "";
      failed(error);
    }
    bar.hidden = true;
  };

  seed.value = drawSeed();
  byId("worksheet-form").addEventListener("input", check);
  byId("worksheet-form").addEventListener("submit", event => {
    event.preventDefault();
    check();
    if (problem()) (count.validity.valid ? seed : count).focus();
    else if (sampler) make();
    else byId("worksheet-state").textContent = t("learn.idle");
  });
  byId("worksheet-print").addEventListener("click", () => print());
  return ready => { sampler = ready; };
}
