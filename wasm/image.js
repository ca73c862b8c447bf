// An image as roentgo.d.ts has it.

export class SampledImage {
  #png;
  constructor({ size, pixels, marked, png, settings, unknownWords, attention }, picture) {
    this.size = size;
    this.pixels = pixels;
    this.imageData = picture(marked, size);
    this.settings = settings;
    this.unknownWords = unknownWords;
    if (attention) this.attention = attention;
    this.#png = png;
  }

  async blob() {
    return new Blob([this.#png], { type: "image/png" });
  }

  bitmap() {
    return createImageBitmap(this.imageData);
  }

  canvas() {
    const c = Object.assign(document.createElement("canvas"), { width: this.size, height: this.size });
    this.#paint(c);
    c.setAttribute("role", "img");
    c.setAttribute("aria-label", `Synthetic chest X-ray, not for diagnosis${this.settings.prompt ? `: ${this.settings.prompt}` : ""}`);
    return c;
  }

  offscreenCanvas() {
    const c = new OffscreenCanvas(this.size, this.size);
    this.#paint(c);
    return c;
  }

  #paint(canvas) {
    canvas.getContext("2d").putImageData(this.imageData, 0, 0);
  }
}
