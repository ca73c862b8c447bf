// The page. Each module owns one part of it; here they are joined.

import { startBanner } from "./banner.js";
import { byId } from "./dom.js";
import { startCompare } from "./compare.js";
import { startDetails } from "./details.js";
import { startDevice } from "./device.js";
import { startDialogs } from "./dialogs.js";
import { forgetNoted } from "./fields.js";
import { fillUntrusted, refuse, request, startForm, takeModel, valid } from "./form.js";
import { startGallery } from "./gallery.js";
import { Images } from "./images.js";
import { Laboratory } from "./laboratory.js";
import { startInvitation } from "./invitation.js";
import { settingsOf } from "./link.js";
import { startOffline } from "./offline.js";
import { settingsIn, startPNG } from "./png.js";
import { clearProblem, showProblem } from "./problem.js";
import { startPrompt } from "./prompt.js";
import { recallDraft } from "./remember.js";
import { startLive } from "./live.js";
import { Runner } from "./run.js";
import { requestOf } from "./settings.js";
import { Sheet } from "./sheet.js";
import { announce, say } from "./speak.js";
import { startSteps } from "./steps.js";
import { startTabs } from "./tabs.js";
import { startThemeToggle } from "./theme-toggle.js";
import { startVocabulary } from "./vocabulary.js";
import { startWelcome } from "./welcome.js";
import { startWords } from "./words.js";
import { startLanguage, t } from "./language.js";

const { model, modelHash, firstBytes, fastModel, fastHash, fastBytes } = document.body.dataset;
const laboratory = new Laboratory(model, modelHash);
const fast = new Laboratory(fastModel, fastHash, "fast-model");
const images = new Images();
const runner = new Runner(laboratory);
const sheet = new Sheet(images);

/** Shows what went wrong; a cancel is nothing wrong. */
function failed(error, retry) {
  if (error.name === "AbortError") return;
  if (error.code === "prompt") {
    say("");
    refuse(byId(error.field), error, retry);
    return;
  }
  // A worker that failed is not asked again: the next try has a new one.
  if (["closed", "internal", "memory"].includes(error.code)) laboratory.close();
  showProblem(error, {
    retry,
    reload: () => location.reload(),
    wasm: () => choose("wasm"),
  });
}

async function load() {
  clearProblem();
  try {
    return await laboratory.load();
  } catch (error) {
    failed(error, load);
    return null;
  }
}

async function choose(device) {
  byId("device-choice").value = device;
  clearProblem();
  runner.cancel();
  try {
    await laboratory.choose(device);
  } catch (error) {
    failed(error, load);
  }
}

/** What the page keeps of an image of the library. */
async function kept(image, trace) {
  const { model } = laboratory.sampler;
  return {
    settings: { ...image.settings, modelHash: model.hash, model: model.name },
    png: await image.blob(), unknownWords: image.unknownWords, trace, attention: image.attention,
  };
}

/** Runs a request, with errors shown. */
async function run(request, on, onError) {
  clearProblem();
  forgetNoted();
  say("");
  try {
    return await runner.run(request, on);
  } catch (error) {
    onError(error);
    return false;
  }
}

/** Makes what the form asks for. */
async function make() {
  // Without a model the form lacks its bounds and defaults.
  if (runner.busy || !laboratory.sampler && !await load()) return;
  if (runner.busy || !valid()) return; // it was pressed again while the model came
  const wanted = request();
  openTab("image");
  invitation.withdraw();
  sheet.begin(wanted.count);
  showBeingMade(wanted);
  showWelcome();
  reveal();
  let made = 0;
  const done = await run(wanted, {
    onStep: event => sheet.step(event),
    async onImage(image, index, trace) {
      const record = await images.add(await kept(image, trace));
      images.choose(record);
      sheet.image(index, record);
      made++;
    },
  }, error => failed(error, make));
  sheet.end();
  if (made === 0) images.choose(images.chosen); // back to what was shown before
  showWelcome();
  if (done) announce(made === 1 ? t("image.ready", { seed: wanted.seed }) : t("images.ready", { count: made }));
}

/** Whether an image of settings can be made here, as it was. It loads the model. */
async function mayRemake({ modelHash }) {
  if (runner.busy || !laboratory.sampler && !await load()) return false;
  if (modelHash === laboratory.sampler.model.hash) return !runner.busy;
  say(t("other.model"));
  return false;
}

/** Makes an image once more, to see more of how it comes about. */
async function again(image, options) {
  if (!await mayRemake(image.settings)) return;
  const done = await run({ ...requestOf(image.settings), ...options }, {
    onImage: (made, _, trace) => images.learn(image, { trace, attention: made.attention }),
  }, error => failed(error, () => again(image, options)));
  if (done) announce(t("done"));
}

/** Makes one image beside the chosen one; null where it did not come about. */
async function makeBeside(wanted, onStep) {
  if (!await mayRemake(images.chosen.settings)) return null;
  let record = null;
  await run(wanted, {
    onStep,
    async onImage(image, _, trace) { record = await images.add(await kept(image, trace)); },
  }, error => error.code === "prompt" ? refuse(byId("compare-prompt"), error) : failed(error, load));
  if (record) announce(t("compare.ready"));
  return record;
}

/** Brings the viewer into sight, where it is not. */
function reveal() {
  const viewer = document.querySelector(".viewer");
  const { top } = viewer.getBoundingClientRect();
  if (top < 0 || top > innerHeight * 0.6) viewer.scrollIntoView();
}

async function openPNG(file) {
  clearProblem();
  const sampler = await load();
  if (!sampler) return;
  try {
    take(await settingsIn(sampler, file), t("taken.png"));
    byId("settings").open = true;
  } catch ({ message }) {
    showProblem({ code: "file", message }, {});
  }
}

/** Takes settings of unknown origin into the form. */
function take(settings, what) {
  const refused = fillUntrusted(settings);
  const other = settings.modelHash && laboratory.sampler && settings.modelHash !== laboratory.sampler.model.hash;
  say([
    what,
    refused > 0 && t("taken.refused"),
    other && t("taken.other"),
  ].filter(Boolean).join(" "));
}

/** Takes the settings of the address, and takes them out of it: a prompt stays in no history. */
function takeLink() {
  const link = settingsOf(location.hash);
  if (!link) return false;
  history.replaceState(null, "", location.pathname + location.search);
  if (!runner.busy) {
    openTab("image");
    invitation.offer(link.settings);
  }
  take(link.settings, link.refused > 0 ? t("taken.link.refused") : t("taken.link"));
  return true;
}

startLanguage();
startBanner();
startDialogs();
startThemeToggle();
startForm(make);
startVocabulary();
const markUnknown = startPrompt(() => laboratory.sampler);
const openTab = startTabs(() => {});
images.addEventListener("choose", () => sheet.show(images.chosen));
images.addEventListener("change", () => sheet.mark());
const showBeingMade = startDetails(images);
startGallery(images, () => {
  openTab("image");
  reveal();
});
startSteps(images, sheet, laboratory, again);
startWords(images, again);
const markUnknownOfB = startCompare(images, () => laboratory.sampler, makeBeside);
byId("compare-open").addEventListener("click", () => {
  openTab("compare");
  byId("compare-findings").firstElementChild.focus({ preventScroll: true }); // what was pressed goes
  reveal();
});
startPNG(openPNG);
const showWelcome = startWelcome(laboratory, images, Number(firstBytes), load);
const invitation = startInvitation({ laboratory, images, bytes: Number(firstBytes), make, onChange: showWelcome });
startDevice(laboratory, [laboratory, fast], images, { onChoose: choose, onRemove: showWelcome });

laboratory.addEventListener("ready", () => {
  takeModel(laboratory.sampler.model);
  markUnknown();
  markUnknownOfB();
});
// One run at a time. What would start another stays where the keyboard finds
// it, and does nothing.
for (const type of ["begin", "end"]) {
  runner.addEventListener(type, () => {
    for (const button of document.querySelectorAll("[data-runs]")) button.ariaDisabled = runner.busy ? "true" : null;
  });
}
addEventListener("click", event => {
  if (!event.target.closest?.('[aria-disabled="true"]')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

const drawLive = startLive({ fast, bytes: Number(fastBytes), busy: () => runner.busy });
runner.addEventListener("end", drawLive);

const linked = takeLink();
if (!linked) fillUntrusted(recallDraft());
addEventListener("hashchange", takeLink);

images.open().then(() => {
  // Who comes back sees the last image.
  if (!linked && !images.chosen && !runner.busy) images.choose(images.list[0] ?? null);
});
// What a first visit asks for: the model.
const asked = new Promise(resolve => laboratory.addEventListener("progress", resolve, { once: true }));
if (laboratory.kept) load();
startOffline({
  asked,
  busy: () => runner.busy,
  idle: f => runner.addEventListener("end", f, { once: true }),
});
byId("stuck").remove();
