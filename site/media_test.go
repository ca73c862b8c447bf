package site_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// fits fails the test where something visible is cut, or lies beside the screen.
func (p *tab) fits(state string) {
	p.t.Helper()
	for _, what := range is[[]string](p, `(() => {
		const list = [];
		if (document.documentElement.scrollWidth > innerWidth) list.push("the page is " + document.documentElement.scrollWidth + " pixels wide");
		for (const e of document.body.querySelectorAll("*")) {
			// Tiles show the first lines of a prompt, all of which the details have.
			if (!e.checkVisibility() || e.closest(".visually-hidden, .skip, .tiles span, .prompt-mirror")) continue;
			const box = e.getBoundingClientRect(), style = getComputedStyle(e);
			const name = e.id || e.className || e.localName;
			if (box.right > innerWidth + 1 || box.left < -1) list.push(name + " lies beside the screen");
			if (style.overflowX !== "visible" && e.localName !== "input" && e.localName !== "select" && e.scrollWidth > e.clientWidth + 1) list.push(name + " is cut: " + e.textContent.trim().slice(0, 40));
		}
		return list;
	})()`) {
		p.t.Errorf("%s: %s", state, what)
	}
}

// TestSmallScreens looks for what is cut at 360 pixels, and at a zoom of 200 %
// of a window of 1280.
func TestSmallScreens(t *testing.T) {
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	p := open(t, b, h.URL+"/")
	look := func(state string) {
		t.Helper()
		for _, s := range []struct {
			width, height int64
			scale         float64
		}{{360, 740, 1}, {640, 450, 2}, {1280, 900, 1}} {
			p.size(s.width, s.height, s.scale)
			p.Must(`await new Promise(requestAnimationFrame);`, nil)
			p.fits(fmt.Sprintf("%s, %d wide", state, s.width))
		}
	}
	look("first visit")
	p.click("#download")
	p.wait(ready)
	p.Must(`for (const d of document.querySelectorAll("#request details")) d.open = true;`, nil)
	p.set("steps", "1001")
	look("settings")
	p.make("PA chest x-ray. pleural effusion", "5", 1, 4)
	look("four images")
	p.want(`document.getElementById("steps-range").checkVisibility()`)
	p.click("#compare-open")
	p.Must(finding("pleural effusion")+`.click();`, nil)
	p.compared("PA chest x-ray. normal chest")
	look("compare")
	p.Must(`document.getElementById("vocabulary").showModal();`, nil)
	look("vocabulary")
}

// TestPrint prints a result and a comparison, from the dark theme: black on
// white, without controls.
func TestPrint(t *testing.T) {
	p := loaded(t)
	p.make("PA chest x-ray. pleural effusion", "12", 2, 1)
	looks := func(state string) {
		t.Helper()
		p.media("dark", "print")
		p.size(794, 1123, 1) // A4
		for _, what := range is[[]string](p, `(() => {
			const list = [];
			for (const e of document.body.querySelectorAll("*")) {
				if (!e.checkVisibility() || e.closest(".visually-hidden, .skip, svg, .corner")) continue;
				const style = getComputedStyle(e), name = e.id || e.className || e.localName;
				if (/^(button|select|textarea|summary)$/.test(e.localName) || e.matches("input:not(.swipe input)")) list.push("a control: " + name);
				if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
				if (style.color !== "rgb(0, 0, 0)") list.push(name + " is " + style.color);
				let ground = e;
				while (ground && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
				if (ground && getComputedStyle(ground).backgroundColor !== "rgb(255, 255, 255)") list.push(name + " is on " + getComputedStyle(ground).backgroundColor);
			}
			return list;
		})()`) {
			t.Errorf("%s: %s", state, what)
		}
		p.want(`document.querySelector(".banner").innerText.includes("Synthetic images. Not for diagnosis.")`)
		p.want(`[...document.querySelectorAll("figcaption")].filter(c => c.checkVisibility()).every(c => c.innerText.includes("Synthetic"))`)
		pdf, err := chromedp.Call(p.Context(), page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
		if err != nil {
			t.Fatal(err)
		}
		if pages := bytes.Count(pdf.Data, []byte("/Type /Page\n")); pages != 1 {
			t.Errorf("%s: %d pages", state, pages)
		}
		p.size(1366, 900, 1)
		p.media("light", "screen")
	}
	looks("result")
	p.want(`document.querySelector("#sheet img").getBoundingClientRect().width > 400`)
	p.click("#compare-open")
	p.Must(finding("cardiomegaly")+`.click();`, nil)
	p.compared("PA chest x-ray. pleural effusion. cardiomegaly")
	looks("compare")
	// A and B side by side, neither cut.
	p.media("light", "print")
	p.want(`(() => {
		const a = document.getElementById("compare-a").getBoundingClientRect(), b = document.getElementById("compare-b").getBoundingClientRect();
		return a.right < b.left && a.top === b.top && Math.abs(a.width - b.width) < 1 && a.width > 100 && getComputedStyle(document.getElementById("compare-b")).clipPath === "none";
	})()`)
}

// TestForcedColours looks whether what colours say is still said where the
// system sets them.
func TestForcedColours(t *testing.T) {
	p := loaded(t)
	p.make("PA chest x-ray. pleural effusion", "13", 1, 1)
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen", Features: []*emulation.MediaFeature{
		{Name: "forced-colors", Value: "active"}, {Name: "prefers-color-scheme", Value: "dark"}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	p.want(`matchMedia("(forced-colors: active)").matches`)
	p.click("#compare-open")
	p.Must(finding("cardiomegaly")+`.click();`, nil)
	p.compared("PA chest x-ray. pleural effusion. cardiomegaly")
	const style = `const style = e => getComputedStyle(e); const chip = name => [...document.querySelectorAll("#compare-findings button")].find(b => b.textContent === name);`
	p.Must(style+`
		document.getElementById("compare-at").focus();
		if (style(chip("cardiomegaly")).outlineStyle !== "solid") throw new Error("a chip that is on looks like one that is off");
		if (style(chip("pneumothorax")).outlineStyle !== "none") throw new Error("a chip that is off looks like one that is on");
		const tab = name => style(document.getElementById("tab-" + name)).borderBottomColor;
		if (tab("compare") === tab("image") || tab("image") !== tab("words")) throw new Error("the open tab looks like the others");
		const handle = document.querySelector(".handle"), ground = style(document.querySelector(".stage")).backgroundColor;
		if (style(handle).borderLeftWidth !== "2px" || style(handle).borderLeftColor === ground) throw new Error("the divider cannot be seen");`, nil)
	p.key("\t")
	p.key("\t", chromedp.ModifierShift)
	p.Must(style+`
		if (document.activeElement.id !== "compare-at") throw new Error("the focus is on " + document.activeElement.id);
		const ring = style(document.querySelector(".handle span"));
		if (ring.outlineStyle === "none" || parseFloat(ring.outlineWidth) < 2) throw new Error("the divider does not show the focus");
		for (const id of ["prompt", "make", "compare-make", "tab-compare"]) {
			document.getElementById(id).focus();
			if (style(document.activeElement).outlineStyle === "none") throw new Error(id + " does not show the focus");
		}`, nil)
}

// TestWordsOfOthersStandApart has a prompt that is written from right to left:
// wherever the page echoes it, it is apart from the text around it.
func TestWordsOfOthersStandApart(t *testing.T) {
	p := loaded(t)
	const words = "צילום חזה (PA) 123"
	p.set("negative", "צילום")
	p.make(words, "14", 1, 1)
	p.wait(`document.querySelector("#prompt-unknown bdi") !== null`)
	p.want(`getComputedStyle(document.getElementById("prompt")).direction === "rtl" && getComputedStyle(document.getElementById("prompt-mirror")).direction === "rtl"`)
	p.click("#tab-words")
	p.click("#words-again")
	p.wait(`!document.getElementById("words-film").hidden`)
	p.click("#tab-compare")
	p.Must(finding("cardiomegaly")+`.click();`, nil)
	p.compared(words + ". cardiomegaly")
	p.Must(`location.hash = "prompt=" + encodeURIComponent("צילום חזה");`, nil)
	p.wait(`!document.getElementById("invitation").hidden`)
	found := is[[]string](p, `(() => {
		const list = [];
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walker.nextNode()) {
			const e = walker.currentNode.parentElement;
			if (!walker.currentNode.data.includes("צילום") || e.closest(".prompt-mirror, #announcer")) continue;
			list.push((e.closest("bdi") ? "" : "not apart: ") + (e.closest("[id]").id));
		}
		return list;
	})()`)
	places := map[string]bool{}
	for _, place := range found {
		places[place] = true
	}
	for _, want := range []string{"prompt-unknown", "details-prompt", "details-list", "gallery", "compare-a-text", "compare-b-text", "invitation-prompt"} {
		if !places[want] {
			t.Errorf("the words are echoed at %v, not apart in %s", found, want)
		}
		delete(places, want)
	}
	delete(places, "details-unknown")
	delete(places, "compare-prompt-unknown")
	// Of the words that the model knows, each is apart.
	p.want(`[...document.querySelectorAll("#words-chips .chip, #compare-words-chips button")].every(c => c.querySelector("bdi"))`)
	if len(places) > 0 {
		t.Errorf("the words are also echoed at %v", places)
	}
	p.set("negative", "")
}
