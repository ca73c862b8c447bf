// Images in words.

/** For screen readers and where a picture cannot be shown. */
export function describe(settings) {
  return `Synthetic chest X-ray: ${settings.prompt || "no prompt"}, seed ${settings.seed}`;
}

/** For a caption. */
export function shortly(settings) {
  return `seed ${settings.seed} · ${settings.steps} steps · guidance ${settings.guidance}`;
}
