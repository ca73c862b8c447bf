package site_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// compared waits for a B of some words.
func (p *visit) compared(words string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.getElementById("compare-b-text").textContent === %q && !document.getElementById("compare-difference").hidden`, words))
	p.wait(idle)
}

// finding is the chip of a finding.
func finding(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#compare-findings button")].find(b => b.textContent === %q)`, name)
}

// TestCompare goes from a result to a comparison in one click, and switches a
// finding on by another.
func TestCompare(t *testing.T) {
	p := loaded(t)
	p.make("PA chest x-ray, normal chest", "9", 2, 1)
	p.click("#compare-open")
	p.want(`!document.getElementById("view-compare").hidden && document.activeElement.parentElement.id === "compare-findings"`)
	p.want(`document.getElementById("compare-swipe").className.includes("alone") && document.getElementById("compare-a").checkVisibility()`)
	p.want(finding("cardiomegaly") + `.ariaPressed === "false"`)
	p.Must(finding("cardiomegaly")+`.click();`, nil)
	p.compared("PA chest x-ray. cardiomegaly")
	p.want(finding("cardiomegaly") + `.ariaPressed === "true" && ` + finding("pleural effusion") + `.ariaPressed === "false"`)
	p.want(`document.getElementById("compare-a").alt === "Synthetic chest X-ray: PA chest x-ray, normal chest, seed 9"`)
	p.want(`document.getElementById("compare-b").ariaLabel === "Synthetic chest X-ray: PA chest x-ray. cardiomegaly, seed 9"`)

	// The map is B less A: orange, more red than blue, where B is brighter; blue
	// where it is darker. A difference of one grey level may be too little for a
	// colour.
	var got struct{ A, B, Map []int }
	p.Must(`
		const grey = (source) => {
			const c = new OffscreenCanvas(256, 256).getContext("2d");
			c.drawImage(source, 0, 0);
			return [...c.getImageData(0, 0, 256, 256).data];
		};
		const channel = (data, k) => data.filter((_, i) => i % 4 === k);
		const map = grey(document.getElementById("compare-map"));
		return {A: channel(grey(document.getElementById("compare-a")), 0), B: channel(grey(document.getElementById("compare-b")), 0),
			Map: channel(map, 0).map((red, i) => red - map[4 * i + 2])};`, &got)
	mean := distance(got.A, got.B)
	if says := p.text("compare-map-text"); !strings.Contains(says, fmt.Sprintf("(mean %.1f of 255 grey levels)", mean)) {
		t.Errorf("the page says %q, the mean is %.3f", says, mean)
	}
	for i, v := range got.Map {
		d := got.B[i] - got.A[i]
		if d > 1 && v <= 0 || d < -1 && v >= 0 {
			t.Fatalf("pixel %d: B − A is %d, red − blue %d", i, d, v)
		}
	}
	p.want(`/^−\d+$/.test(document.getElementById("compare-darker").textContent) && document.getElementById("compare-brighter").textContent === "+" + document.getElementById("compare-darker").textContent.slice(1)`)

	// B is A but for its words.
	var kept []map[string]any
	p.Must(`
		const request = indexedDB.open("roentgo-history /");
		const database = await new Promise(resolve => { request.onsuccess = () => resolve(request.result); });
		const all = await new Promise(resolve => { database.transaction("images").objectStore("images").getAll().onsuccess = e => resolve(e.target.result); });
		database.close();
		return all.sort((a, b) => a.made - b.made).slice(-2).map(i => i.settings);`, &kept)
	for name, value := range kept[0] {
		if (fmt.Sprint(value) == fmt.Sprint(kept[1][name])) == (name == "prompt") {
			t.Errorf("%s is %v in A and %v in B", name, value, kept[1][name])
		}
	}

	// Off again: A itself. On again: the image that is there, without a run.
	n := is[int](p, `document.querySelectorAll("#gallery li").length`)
	p.Must(finding("cardiomegaly")+`.click();`, nil)
	if got := is[string](p, `document.getElementById("compare-prompt").value`); got != "PA chest x-ray. normal chest" {
		t.Errorf("switched off, the words of B are %q", got)
	}
	p.compared("PA chest x-ray. normal chest")
	p.Must(finding("cardiomegaly")+`.click();`, nil)
	p.compared("PA chest x-ray. cardiomegaly")
	if more := is[int](p, `document.querySelectorAll("#gallery li").length`) - n; more != 1 {
		t.Errorf("switching off and on made %d images, want 1", more)
	}

	// Words of one's own, and those of A.
	p.set("compare-prompt", "PA chest x-ray. plueral thickening")
	p.click("#compare-prompt-unknown button")
	p.want(`document.getElementById("compare-prompt").value === "PA chest x-ray. pleural thickening"`)
	p.key(kb.Enter)
	p.compared("PA chest x-ray. pleural thickening")
	p.set("compare-prompt", "PA chest x-ray, normal chest")
	p.click("#compare-make")
	p.wait(`document.getElementById("compare-swipe").className.includes("alone") && document.getElementById("compare-difference").hidden`)
	p.set("compare-prompt", strings.TrimSpace(strings.Repeat("effusion ", 200)))
	p.click("#compare-make")
	p.wait(`document.getElementById("compare-prompt-error").textContent.includes("202 tokens")`)
	p.set("compare-prompt", "edema")
	p.want(`document.getElementById("compare-prompt-error").textContent === ""`)
}

// TestSwipe moves the divider between A and B by pointer and by keyboard.
func TestSwipe(t *testing.T) {
	p := loaded(t)
	p.make("PA chest x-ray. pleural effusion", "10", 1, 1)
	p.click("#compare-open")
	p.Must(finding("pleural effusion")+`.click();`, nil)
	p.compared("PA chest x-ray. normal chest")
	// Where B begins, in percent of the image, by what lies under a point.
	const at = `parseFloat(getComputedStyle(document.getElementById("compare-b")).clipPath.match(/inset\(0px 0px 0px ([0-9.]+)%\)/)[1])`
	p.want(at + ` === 50`)
	p.Must(`document.getElementById("compare-at").focus();`, nil)
	p.key(kb.ArrowLeft)
	p.want(at + ` === 49 && document.getElementById("compare-at").ariaValueText === "A 49 %, B 51 %"`)
	p.key(kb.End)
	p.want(at + ` === 100 && document.getElementById("compare-at").ariaValueText === "A 100 %, B 0 %"`)
	p.want(`parseFloat(getComputedStyle(document.querySelector(".handle span")).outlineWidth) >= 2`)
	p.Must(`
		const box = document.getElementById("compare-swipe"), r = box.getBoundingClientRect();
		const send = (type, x) => box.dispatchEvent(new PointerEvent(type, {pointerId: 1, isPrimary: true, button: 0, buttons: 1, clientX: r.left + x * r.width, clientY: r.top + 5, bubbles: true, cancelable: true}));
		box.setPointerCapture = id => { box.captured = id; };
		box.hasPointerCapture = id => box.captured === id;
		send("pointermove", 0.9); // a pointer that is not pressed
		if (document.getElementById("compare-at").value !== "100") throw new Error("it moved without a press");
		send("pointerdown", 0.25);
		if (document.getElementById("compare-at").value !== "25") throw new Error("a press moved it to " + document.getElementById("compare-at").value);
		send("pointermove", 0.75);`, nil)
	p.want(at + ` === 75 && document.activeElement.id === "compare-at"`)
	p.want(`Math.abs(document.querySelector(".handle").getBoundingClientRect().left - document.getElementById("compare-swipe").getBoundingClientRect().left - 0.75 * document.getElementById("compare-swipe").offsetWidth) < 2`)
}

// TestCompareShowsWhereWordsLook points at a word of B, and moves the focus to
// another.
func TestCompareShowsWhereWordsLook(t *testing.T) {
	p := loaded(t)
	p.make("PA chest x-ray", "11", 2, 1)
	p.click("#compare-open")
	p.Must(finding("pleural effusion")+`.click();`, nil)
	p.compared("PA chest x-ray. pleural effusion")
	words := is[[]string](p, `[...document.querySelectorAll("#compare-words-chips button")].map(b => b.textContent)`)
	if !slices.Equal(words, []string{"pa", "chest", "x-ray", "pleural", "effusion"}) {
		t.Errorf("the words of B are %q", words)
	}
	const layer = `document.getElementById("compare-words-map")`
	p.want(layer + `.hidden`)
	p.Must(`document.querySelector("#compare-words-chips button").dispatchEvent(new PointerEvent("pointerenter"));`, nil)
	p.want(`!` + layer + `.hidden && ` + layer + `.ariaLabel.startsWith("Where B looks for “pa”: most at the ")`)
	p.want(`getComputedStyle(document.getElementById("compare-b")).clipPath === "none"`) // all of B
	p.Must(`document.querySelector("#compare-words-chips button").dispatchEvent(new PointerEvent("pointerleave"));`, nil)
	p.want(layer + `.hidden`)
	p.Must(`document.querySelector("#compare-words-chips button:last-child").focus();`, nil)
	p.want(`!` + layer + `.hidden && ` + layer + `.ariaLabel.startsWith("Where B looks for “effusion”") && document.activeElement.ariaDescription.startsWith("looks most at the ")`)
	p.key(kb.Escape)
	p.want(layer + `.hidden && document.activeElement.textContent === "effusion"`)
}
