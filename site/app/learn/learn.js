// The page for students. Each module owns one part of it; here they are joined.

import { startBanner } from "../banner.js";
import { byId } from "../dom.js";
import { Laboratory } from "../laboratory.js";
import { startLanguage } from "../language.js";
import { startOffline } from "../offline.js";
import { startTabs } from "../tabs.js";
import { startThemeToggle } from "../theme-toggle.js";
import { startAtlas } from "./atlas.js";
import { startModel } from "./model.js";
import { startQuiz } from "./quiz.js";
import { startWorksheet } from "./worksheet.js";

const { model, modelHash, firstBytes } = document.body.dataset;
const laboratory = new Laboratory(model, modelHash);
let failed = () => {};
const report = error => failed(error);

startLanguage();
startBanner();
startThemeToggle();
const atlas = startAtlas(report);
const quiz = startQuiz(report);
const worksheet = startWorksheet(report);
let tab = "atlas";
const open = startTabs(name => {
  tab = name;
  if (name === "quiz") quiz.open();
});
const named = location.hash.slice(1);
if (["quiz", "worksheet"].includes(named)) open(named);

// What a first visit asks for: the model.
const asked = new Promise(resolve => laboratory.addEventListener("progress", resolve, { once: true }));
failed = startModel(laboratory, Number(firstBytes), sampler => {
  atlas(sampler);
  quiz.ready(sampler);
  worksheet(sampler);
  if (tab === "quiz") quiz.open();
});
startOffline({ asked, busy: () => false, idle: () => {} });
byId("stuck").remove();
