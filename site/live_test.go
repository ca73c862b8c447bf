package site_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// lived are the pixels of the live picture, once it shows these words.
const lived = `
	const img = document.getElementById("live-image");
	const end = performance.now() + 60000;
	while (img.alt !== "Synthetic chest X-ray: " + words || !img.complete) {
		if (performance.now() > end) throw new Error("still " + img.alt + "; " + document.getElementById("live-state").textContent);
		await new Promise(r => setTimeout(r, 20));
	}
	await img.decode();
	const canvas = new OffscreenCanvas(256, 256);
	const context = canvas.getContext("2d");
	context.drawImage(img, 0, 0);
	return context.getImageData(0, 0, 256, 256).data.filter((_, i) => i % 4 === 0);
`

// TestLive types while the fast model draws: the picture follows the words, and the
// usual model, which nobody asked for, is not downloaded.
func TestLive(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := open(t, browsertest.Open(t), h.URL+"/")
	p.click("#live")
	p.set("prompt", "PA chest x-ray, normal chest")
	var change float64
	p.Must(`
		const pixels = async words => {`+lived+`};
		const type = words => {
			const prompt = document.getElementById("prompt");
			prompt.value = words;
			prompt.dispatchEvent(new Event("input", { bubbles: true }));
			return pixels(words);
		};
		const normal = await pixels("PA chest x-ray, normal chest");
		const ill = await type("PA chest x-ray showing pleural effusion");
		const again = await type("PA chest x-ray, normal chest");
		if (normal.some((v, i) => v !== again[i])) throw new Error("the same words gave another picture");
		return Math.sqrt(normal.reduce((sum, v, i) => sum + (v - ill[i]) ** 2, 0) / normal.length);
	`, &change)
	if change < 5 { // of 255: a person sees it
		t.Errorf("the pictures of two texts differ by %.1f of 255", change)
	}
	p.want(`document.getElementById("live-film").checkVisibility() && document.getElementById("seed").value !== ""`)
	p.want(`document.getElementById("model-name").textContent === "Not loaded"`)

	// Make draws the same noise with the usual model, and it is kept.
	p.click("#make")
	p.wait(`document.getElementById("announcer").textContent.startsWith("The image is ready. Seed " + document.getElementById("seed").value)`)

	p.click("#live")
	p.want(`!document.getElementById("live-film").checkVisibility()`)

	// Who comes back finds it as it was left, from this device.
	p.click("#live")
	p.wait(`document.getElementById("live-film").checkVisibility()`)
	p.Run(chromedp.Reload())
	p.waitAcross(`document.getElementById("live").checked`)
}
