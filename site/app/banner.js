// The banner is always in sight: sticky parts and dialogs keep clear of its
// height, which grows with the reader's text size.

export function startBanner() {
  const banner = document.querySelector(".banner");
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--banner", `${banner.offsetHeight}px`);
  }).observe(banner);
}
