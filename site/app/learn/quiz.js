// The quiz: a question at a time, with a score.

import { byId, element } from "../dom.js";
import { t } from "../language.js";
import { announce } from "../speak.js";
import { answerOf, asked, letterOf, optionsOf } from "./answers.js";
import { film } from "./films.js";
import { whereOf } from "./names.js";
import { NORMAL, questions } from "./questions.js";
import { keepScore, recallScore } from "./score.js";

/** failed is called with an error. Returns a function that takes the sampler. */
export function startQuiz(failed) {
  const list = questions(crypto.getRandomValues(new Uint32Array(1))[0]);
  let score = recallScore();
  let sampler = null;
  let coming = null; // the next question, which is made while this one is thought about

  const showScore = () => {
    byId("quiz-score").textContent = score.asked ? t("quiz.score", score) : t("quiz.score.none");
    byId("quiz-clear").disabled = score.asked === 0;
  };

  const prepare = async () => {
    const question = list.next().value;
    const images = [];
    for (const request of question.images) images.push((await sampler.image(request)).imageData);
    return { question, images };
  };

  const answer = (question, given) => {
    const right = given === question.answer;
    score = { right: score.right + Number(right), asked: score.asked + 1 };
    keepScore(score);
    showScore();
    for (const [i, button] of [...byId("quiz-answers").children].entries()) {
      button.disabled = true;
      if (i === question.answer) button.dataset.state = "right";
      else if (i === given) button.dataset.state = "wrong";
    }
    byId("quiz-result").textContent = [
      right ? t("quiz.right") : t("quiz.wrong", { answer: answerOf(question) }),
      question.finding !== NORMAL && whereOf(question.finding),
    ].filter(Boolean).join(" ");
    byId("quiz-next").hidden = false;
    byId("quiz-next").focus();
  };

  const ask = async () => {
    byId("quiz-next").hidden = true;
    byId("quiz-result").textContent = byId("quiz-question").textContent = "";
    byId("quiz-answers").replaceChildren();
    byId("quiz-films").hidden = true;
    byId("quiz-idle").hidden = false;
    byId("quiz-idle").textContent = t("learn.making");
    try {
      const { question, images } = await (coming ?? prepare());
      show(question, images);
      coming = prepare();
      coming.catch(() => { coming = null; }); // the next question tries again
    } catch (error) {
      coming = null;
      failed(error);
    }
  };

  const show = (question, images) => {
    const several = images.length > 1;
    byId("quiz-films").replaceChildren(...images.map((pixels, i) => {
      const letter = several ? letterOf(i) : "";
      return film(pixels, t("learn.image", { letter }).trim(), element("b", { textContent: letter || t("learn.synthetic") }));
    }));
    byId("quiz-films").hidden = false;
    byId("quiz-idle").hidden = true;
    byId("quiz-question").textContent = asked(question);
    byId("quiz-answers").replaceChildren(...optionsOf(question).map((text, i) => element("button", {
      type: "button", className: "secondary", textContent: text, onclick: () => answer(question, i),
    })));
    if (byId("view-quiz").contains(document.activeElement) || document.activeElement === document.body) byId("quiz-question").focus({ preventScroll: true });
  };

  byId("quiz-next").addEventListener("click", ask);
  byId("quiz-clear").addEventListener("click", () => {
    score = { right: 0, asked: 0 };
    keepScore(score);
    showScore();
    announce(t("quiz.cleared"));
    byId("quiz-question").focus({ preventScroll: true });
  });
  showScore();
  let begun = false;
  return {
    ready(model) { sampler = model; },
    /** Asks the first question once it is in sight: images take time. */
    open() {
      if (begun || !sampler) return;
      begun = true;
      ask();
    },
  };
}
