// The form of a request: its bounds come from the model.

import { byId, element } from "./dom.js";
import { checkFields, forgetNoted, refuseFields, noteField, watchField } from "./fields.js";
import { setPrompt } from "./prompt.js";
import { keepDraft } from "./remember.js";
import { NAMES, clean, drawSeed } from "./settings.js";
import { t } from "./language.js";

const form = byId("request");
const MAX_SEED = 2n ** 64n - 1n;

/** The fields whose values can be wrong. */
const checked = [...form.elements].filter(f => f.name && byId(`${f.id}-error`));

let model = null;
/** Values that wait for the model: of a select, its options come with it. */
let waiting = {};

function field(name) {
  return form.elements.namedItem(name);
}

/** The form's values as strings, by name. */
function values() {
  const list = {};
  for (const name of NAMES) {
    const f = field(name);
    if (!f) continue;
    list[name] = f.type === "checkbox" ? String(f.checked) : f.value;
  }
  return list;
}

function summarise() {
  const { seed, count, steps } = values();
  const parts = [seed ? t("learn.seed", { seed }) : t("seed.new")];
  if (model && steps !== String(model.defaults.steps)) parts.push(t("steps.count", { steps }));
  if (count !== "1") parts.push(t("images.count", { count }));
  byId("settings-summary").textContent = parts.join(" · ");
}

/** The bounds that HTML cannot state. */
function bind() {
  const { seed, guidanceLow: low, guidanceHigh: high } = values();
  const right = seed === "" || /^[0-9]{1,20}$/.test(seed) && BigInt(seed) <= MAX_SEED;
  field("seed").setCustomValidity(right ? "" : t("seed.bound", { most: MAX_SEED }));
  field("guidanceHigh").setCustomValidity(Number(high) === 0 || Number(low) < Number(high) ? "" : t("timestep.bound", { low }));
}

function changed() {
  bind();
  if (model) checkFields(checked); // before, there are no bounds and no defaults
  keepDraft(values());
  summarise();
}

/** Fills fields with clean settings; those that are not named take the model's own. */
export function fill(settings) {
  const own = model?.defaults ?? {};
  waiting = {};
  forgetNoted();
  for (const name of NAMES) {
    const f = field(name);
    if (!f) continue;
    const value = settings[name] ?? (name === "count" ? "1" : String(own[name] ?? ""));
    if (name === "prompt") setPrompt(value);
    else if (f.type === "checkbox") f.checked = value === "true";
    else if (f.localName === "select" && ![...f.options].some(o => o.value === value)) waiting[name] = value;
    else f.value = value;
  }
  changed();
}

/** Takes bounds, choices and defaults of a model; what was filled in stays. */
export function takeModel(info) {
  const first = model === null;
  model = info;
  field("steps").max = info.maxSteps;
  field("guidanceLow").max = field("guidanceHigh").max = info.maxSteps - 1;
  for (const [name, options] of [["sampler", info.samplers], ["spacing", info.spacings]]) {
    const before = waiting[name] || field(name).value;
    field(name).replaceChildren(...options.map(value => element("option", { value, textContent: LABELS[value] ?? value })));
    field(name).value = options.includes(before) ? before : info.defaults[name];
  }
  waiting = {};
  if (first) {
    for (const f of form.querySelectorAll('[type="number"]')) f.value ||= String(info.defaults[f.name] ?? "");
  }
  changed();
}

/** Names of samplers and spacings for people. */
export const LABELS = {
  "ddim": "DDIM", "dpm++2m": "DPM-Solver++ 2M", "unipc": "UniPC", "leading": t("spacing.leading"), "trailing": t("spacing.trailing"), "quadratic": t("spacing.quadratic"),
};

/** Whether the form can be sent; otherwise the first field that cannot has the focus. */
export function valid() {
  return refuseFields(checked);
}

/** Says beside a field what the library says of it; cut(), where given, makes it again with the text cut. */
export function refuse(field, { message }, cut) {
  const button = cut && element("button", {
    type: "button", className: "chip", textContent: t("prompt.cut"),
    onclick() {
      byId("truncate").checked = true;
      changed();
      cut();
    },
  });
  const [what] = message.match(/^[^.]*\./) ?? [message];
  noteField(field, element("p", { textContent: t("prompt.long", { what }) }), ...button ? [button] : []);
  field.focus();
}

/** The request that the form asks for. Without a seed it draws one. */
export function request() {
  const v = values();
  return {
    prompt: v.prompt.trim(), negative: v.negative.trim(), seed: v.seed || drawSeed(), count: Number(v.count),
    steps: Number(v.steps), guidance: Number(v.guidance), rescale: Number(v.rescale), eta: Number(v.eta),
    guidanceLow: Number(v.guidanceLow), guidanceHigh: Number(v.guidanceHigh), sampler: v.sampler, spacing: v.spacing, truncate: v.truncate === "true",
  };
}

export function startForm(onSubmit) {
  form.addEventListener("input", changed);
  form.addEventListener("focusout", changed);
  byId("truncate").addEventListener("change", forgetNoted);
  for (const id of ["prompt", "negative", "seed"]) watchField(byId(id));
  form.addEventListener("submit", event => {
    event.preventDefault();
    onSubmit();
  });
  byId("prompt").addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  byId("dice").addEventListener("click", () => {
    field("seed").value = drawSeed();
    changed();
  });
  byId("reset").addEventListener("click", () => fill({ prompt: field("prompt").value }));
}

/** Fills the form with settings of unknown origin, and returns how many values were refused. */
export function fillUntrusted(raw) {
  const { settings, refused } = clean(raw);
  fill(settings);
  return refused;
}
