// The few lines that spare the page a framework.

/** The element of an id. */
export const byId = id => document.getElementById(id);

/** A new element with properties and children. */
export function element(name, properties = {}, ...children) {
  const e = Object.assign(document.createElement(name), properties);
  e.append(...children);
  return e;
}

/** Words that somebody wrote, apart from the direction of the text around them. */
export const echo = text => element("bdi", { textContent: text });

/** Draws an ImageData over the whole of a canvas, smoothly where it is smaller. */
export function paint(canvas, image) {
  const context = canvas.getContext("2d");
  if (image.width === canvas.width && image.height === canvas.height) {
    context.putImageData(image, 0, 0);
    return;
  }
  const small = element("canvas", { width: image.width, height: image.height });
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

/** The pixels of an image file. */
export async function pixelsOf(blob) {
  const bitmap = await createImageBitmap(blob);
  const canvas = element("canvas", { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Calls f once no call has come for some milliseconds. */
export function debounce(ms, f) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(f, ms);
  };
}
