package site_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/site"
)

// TestKeyboardAlone goes from a first visit to a downloaded PNG by keys alone.
// Whatever has the focus shows it, and is not hidden by the banner.
func TestKeyboardAlone(t *testing.T) {
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	dir := downloads(t, b)
	p := open(t, b, h.URL+"/")

	// to presses Tab until an element has the focus, and lists those between.
	to := func(id string) (passed []string) {
		t.Helper()
		for range 60 {
			p.key(kb.Tab)
			var at struct {
				ID                 string
				Outline            float64
				Top, Bottom, Under float64
			}
			p.Must(`
				await new Promise(requestAnimationFrame);
				const e = document.activeElement, shown = e.matches(".word input") ? e.nextElementSibling : e;
				const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
				return {id: e.id || e.className || e.textContent, outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
					top: box.top, bottom: box.bottom, under: document.querySelector(".banner").getBoundingClientRect().bottom};`, &at)
			if at.Outline < 2 {
				t.Errorf("%s does not show that it has the focus", at.ID)
			}
			if at.Top < at.Under-1 && at.Bottom <= at.Under+4 {
				t.Errorf("%s has the focus under the banner", at.ID)
			}
			if at.ID == id {
				return passed
			}
			passed = append(passed, at.ID)
		}
		t.Fatalf("60 times Tab did not lead to %s, but by %v", id, passed)
		return nil
	}

	p.key(kb.Tab) // the link that skips what comes first
	p.want(`document.activeElement.className === "skip"`)
	p.key(kb.Enter)
	p.key(kb.Tab)
	p.key(kb.Tab, chromedp.ModifierShift)
	p.want(`document.activeElement.id === "prompt"`)
	p.key("pleural effusion")
	passed := to("settings-toggle")
	if slices.Index(passed, "make") > slices.IndexFunc(passed, func(s string) bool { return s == "chip" }) {
		t.Errorf("examples come before Make: %v", passed)
	}
	p.key(kb.Enter) // opens the settings
	to("download")
	p.key(kb.Enter)
	p.wait(ready)
	p.Must(`document.getElementById("prompt").focus();`, nil) // as Shift+Tab often enough would
	to("seed")
	p.key("77")
	to("More")
	p.key(kb.Enter)
	to("steps")
	p.key("a", chromedp.ModifierCtrl)
	p.key("2")
	p.key(kb.Enter) // makes it
	p.wait(`document.getElementById("announcer").textContent === "The image is ready. Seed 77."`)
	to("tab-image")
	p.key(kb.ArrowRight)
	p.want(`document.activeElement.id === "tab-compare" && !document.getElementById("view-compare").hidden`)
	p.key(kb.ArrowLeft)
	p.want(`document.activeElement.id === "tab-image" && !document.getElementById("view-image").hidden`)
	to("steps-range")
	p.key(kb.ArrowLeft)
	p.want(`document.getElementById("steps-output").textContent === "1 of 2"`)
	to("save")
	p.key(kb.Enter)
	path := filepath.Join(dir, "roentgo-synthetic-77.png")
	var file []byte
	for range 200 {
		if file, _ = os.ReadFile(path); file != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if s, err := provenance.Read(bytes.NewReader(file)); err != nil || s.Prompt != "pleural effusion" || s.Seed != 77 {
		t.Errorf("the file holds %+v, %v", s, err)
	}

	// A dialog takes the focus, keeps it, and gives it back.
	to("delete")
	p.key(kb.Enter)
	p.want(`document.getElementById("confirm").contains(document.activeElement)`)
	for range 4 {
		p.key(kb.Tab)
		p.want(`document.activeElement === document.body || document.getElementById("confirm").contains(document.activeElement)`)
	}
	p.key(kb.Escape)
	p.want(`document.activeElement.id === "delete" && !document.getElementById("confirm").open`)

	// Cancel takes the focus of Make while it is there.
	p.Must(`document.getElementById("prompt").focus();`, nil)
	p.set("steps", "100")
	p.Must(`document.getElementById("prompt").focus();`, nil)
	to("make")
	p.key(kb.Enter)
	p.wait(`!document.getElementById("progress").hidden`)
	p.want(`document.activeElement.id === "cancel"`)
	p.key(kb.Enter)
	p.wait(idle)
	p.want(`document.activeElement.id === "make"`)
}

// violation is one that axe-core reports.
type violation struct {
	ID, Impact, Help string
	Nodes            []string
}

// look has axe-core, which must be in the page, look at it light and dark, wide and on a
// phone.
func (p *tab) look(state string) {
	p.t.Helper()
	for _, size := range []struct{ width, height int64 }{{1366, 900}, {360, 740}} {
		p.Run(chromedp.EmulateViewport(size.width, size.height))
		for _, scheme := range []string{"light", "dark"} {
			p.media(scheme, "screen")
			p.wait(fmt.Sprintf(`document.documentElement.dataset.theme === %q`, scheme))
			p.Must("await new Promise(r => setTimeout(r, 200));", nil) // colours move to their new values
			var list []violation
			p.Must(`
				if (!globalThis.axe) throw new Error("axe-core is not in the page");
				const result = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
				return result.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary)}));`, &list)
			for _, v := range list {
				p.t.Errorf("%s, %s, %d wide: %s (%s): %s\n%s", state, scheme, size.width, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n"))
			}
			if overflow := is[int](p, "document.documentElement.scrollWidth - innerWidth"); overflow > 0 {
				p.t.Errorf("%s, %d wide: the page is %d pixels wider", state, size.width, overflow)
			}
			p.want(`(() => { const b = document.querySelector(".banner").getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight && b.height > 20; })()`)
		}
	}
	p.Run(chromedp.EmulateViewport(1366, 900))
}

// TestAccessible has axe-core look at the page in each of its states, light
// and dark, wide and on a phone.
func TestAccessible(t *testing.T) {
	path := filepath.Join(root, ".cache/axe/node_modules/axe-core/axe.min.js")
	axe, err := os.ReadFile(path)
	if err != nil {
		need.Missing(t, "no axe-core: %v (run 'sh .ci/setup')", err)
	}
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	p := open(t, b, h.URL+"/")

	look := p.look
	p.Run(chromedp.Evaluate[chromedp.Void](string(axe)))
	look("first visit")
	p.Must(`document.querySelectorAll("details").forEach(d => { d.open = true; });`, nil)
	p.click("#download")
	p.wait(ready)
	p.set("prompt", "wobbly pleural effusion")
	p.wait(`document.querySelectorAll("#prompt-mirror mark").length > 0`)
	look("settings open, a word unknown")
	p.set("steps", "100")
	p.click("#make")
	p.wait(`document.getElementById("progress-label").textContent.startsWith("Step")`)
	look("on its way")
	p.Must(`document.getElementById("cancel").click();`, nil)
	p.wait(idle)
	p.make("wobbly pleural effusion", "3", 2, 2)
	look("done")
	p.set("steps-range", "1")
	p.wait(`document.querySelector("#sheet canvas") !== null`)
	look("steps")
	p.click("#tab-words")
	look("words, not yet")
	p.click("#words-again")
	p.wait(`!document.getElementById("words-film").hidden`)
	look("words")
	p.click("#tab-compare")
	look("compare, not yet")
	p.click("#compare-findings button")
	p.wait(`!document.getElementById("compare-difference").hidden`)
	look("compare")
	p.Must(`document.querySelector("#compare-words-chips button").focus();`, nil)
	look("compare, a word")
	p.Must(`document.getElementById("vocabulary").showModal();`, nil)
	look("vocabulary")
	p.Must(`document.getElementById("vocabulary").close();`, nil)
	p.click("#tab-image")
	p.click("#delete")
	look("asking")
	p.click("#confirm [data-close]")
	p.Must(`document.getElementById("link-dialog").showModal();`, nil)
	look("link")
	p.Must(`document.getElementById("link-dialog").close(); document.getElementById("update").hidden = false;`, nil)
	p.set("prompt", strings.TrimSpace(strings.Repeat("effusion ", 200)))
	p.click("#make")
	p.wait(`document.getElementById("prompt-error").textContent !== ""`)
	look("refused")
	p.Must(`location.hash = "prompt=pleural+effusion&seed=8";`, nil)
	p.wait(`!document.getElementById("invitation").hidden`)
	look("a link")
}

// TestAlwaysSaysSynthetic scrolls to the end, opens a dialog and prints.
func TestAlwaysSaysSynthetic(t *testing.T) {
	p := loaded(t)
	p.make("pleural effusion", "4", 1, 1)
	const seen = `(() => {
		const b = document.querySelector(".banner"), box = b.getBoundingClientRect();
		const dialog = document.querySelector("dialog[open]")?.getBoundingClientRect();
		return b.innerText.replace(/\s+/g, " ") === "Synthetic images. Not for diagnosis." && box.top === 0 && box.bottom > 20 && !(dialog?.top < box.bottom);
	})()`
	for _, size := range []struct{ width, height int64 }{{360, 640}, {1920, 1080}, {320, 256}} {
		p.Run(chromedp.EmulateViewport(size.width, size.height))
		p.Must(`scrollTo({top: 0, behavior: "instant"});`, nil)
		p.want(seen)
		p.Must(`scrollTo({top: 1e6, behavior: "instant"});`, nil)
		p.want(seen)
		p.want(`document.querySelector(".viewer").getBoundingClientRect().bottom <= document.querySelector(".gallery").getBoundingClientRect().top`)
		p.Must(`document.getElementById("vocabulary").showModal();`, nil)
		p.want(seen)
		p.Must(`document.getElementById("vocabulary").close();`, nil)
	}
	p.media("light", "print")
	p.want(`getComputedStyle(document.querySelector(".banner")).display !== "none"`)
	p.want(`document.querySelector("#sheet img").getBoundingClientRect().width > 100`)
	p.want(`getComputedStyle(document.querySelector(".composer")).display === "none"`)
}

// TestSaysWhyItDoesNotStart opens the page where its scripts are blocked, and as
// a file.
func TestSaysWhyItDoesNotStart(t *testing.T) {
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	h.deploy(without(site.Handler(built, false), ".js"))
	for _, url := range []string{h.URL + "/", "file://" + filepath.ToSlash(filepath.Join(built, "index.html"))} {
		p := tabOf(t, b.Page(t, "about:blank")) // not by open: the console speaks of the blocked script
		p.Run(chromedp.EmulateViewport(360, 740), chromedp.Navigate(url))
		p.wait(`document.getElementById("stuck").checkVisibility({visibilityProperty: true})`)
		if text := p.text("stuck"); !strings.Contains(text, "allow scripts") || !strings.Contains(text, "web address") {
			t.Errorf("%s says %q", url, text)
		}
		p.want(`document.getElementById("stuck").getBoundingClientRect().bottom <= innerHeight || !document.querySelector("link[rel=stylesheet]").sheet`)
	}
	p := open(t, b, public.URL+"/")
	p.wait(`document.getElementById("stuck") === null`)
}

// TestTheme follows the system until a theme is chosen, and remembers that.
func TestTheme(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	theme := func(want string) {
		t.Helper()
		p.wait(fmt.Sprintf("document.documentElement.dataset.theme === %q", want))
	}
	p.media("dark", "screen")
	theme("dark")
	p.media("light", "screen")
	theme("light")
	p.click("#theme-toggle")
	theme("dark")
	p.want(`document.getElementById("theme-toggle").ariaPressed === "true"`)
	p.Run(chromedp.Reload())
	theme("dark")
	p.Must(`localStorage.removeItem("roentgo / theme");`, nil)
}
