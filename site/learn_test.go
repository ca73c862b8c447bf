package site_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/site"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// learnFinding is one of app/learn/findings.json.
type learnFinding struct {
	Name       string
	Images     int
	Made, Real struct{ Value, Low, High float64 }
	Shown      bool
}

func readJSON(t *testing.T, path string, to any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// learnFindings are those that the page shows.
func learnFindings(t *testing.T) (shown []learnFinding) {
	t.Helper()
	var f struct{ Findings []learnFinding }
	readJSON(t, "app/learn/findings.json", &f)
	for _, finding := range f.Findings {
		if finding.Shown {
			shown = append(shown, finding)
		}
	}
	return shown
}

// leastSeeds is how many seeds each finding and view must have. Of 64 seeds, those of
// pneumothorax and consolidation in PA views pass least; more need more seeds to be tried.
const leastSeeds = 7

// TestSeedsAreOfTheShippedModel checks the list that 'roentgo-train seeds' made.
func TestSeedsAreOfTheShippedModel(t *testing.T) {
	m, err := shipped.Open()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := m.Hash()
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Model      string `json:"model_sha256"`
		Classifier string `json:"classifier_sha256"`
		Tried      int
		Normal     map[string]string
		Findings   map[string]map[string]struct {
			Prompt, Rule string
			Passed       int
			Seeds        []struct {
				Seed int
				Also []string
			}
		}
	}
	readJSON(t, "app/learn/seeds.json", &list)
	if list.Model != hash {
		t.Errorf("seeds.json is of the model %.12s, the shipped one is %.12s: run 'roentgo-train seeds'", list.Model, hash)
	}
	if !regexp.MustCompile("^[0-9a-f]*[1-9a-f][0-9a-f]*$").MatchString(list.Classifier) || len(list.Classifier) != 64 {
		t.Errorf("no classifier is named: %q", list.Classifier)
	}
	for _, finding := range learnFindings(t) {
		for _, view := range []string{"PA", "AP"} {
			v := list.Findings[finding.Name][view]
			if len(v.Seeds) < leastSeeds || v.Passed < len(v.Seeds) || v.Passed > list.Tried || !slices.Contains([]string{"real", "normal"}, v.Rule) {
				t.Errorf("%s, %s: %d seeds of %d that passed by rule %q; at least %d are needed", finding.Name, view, len(v.Seeds), v.Passed, v.Rule, leastSeeds)
			}
			if !strings.HasPrefix(v.Prompt, view+" ") || !strings.HasSuffix(v.Prompt, finding.Name) || !strings.HasPrefix(list.Normal[view], view+" ") {
				t.Errorf("%s, %s: the prompts are %q and %q", finding.Name, view, v.Prompt, list.Normal[view])
			}
			seen := map[int]bool{}
			for _, s := range v.Seeds {
				if seen[s.Seed] || s.Seed < 0 || s.Seed >= list.Tried || slices.Contains(s.Also, finding.Name) {
					t.Errorf("%s, %s: %+v", finding.Name, view, s)
				}
				seen[s.Seed] = true
			}
		}
	}
}

// TestQuestions draws questions of many seeds: each has one right answer, and no wrong
// one that the image may show as well.
func TestQuestions(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "learn/questions")
	p.Must(`
		const { questions, SEEDS, NORMAL } = learn_questions;
		const take = (seed, n) => { const list = []; for (const q of questions(seed)) { list.push(q); if (list.length === n) return list; } };
		if (JSON.stringify(take(7, 30)) !== JSON.stringify(take(7, 30))) throw new Error("the same seed gives other questions");
		if (JSON.stringify(take(7, 8)) === JSON.stringify(take(8, 8))) throw new Error("another seed gives the same questions");
		if (JSON.stringify(take(7, 8)) !== JSON.stringify(take(7, 30).slice(0, 8))) throw new Error("more questions change the first ones");
		const seen = {which: 0, what: 0, normal: 0, places: [0, 0, 0, 0]};
		for (let seed = 0; seed < 300; seed++) {
			for (const q of take(seed, 14)) {
				seen[q.kind]++;
				seen.places[q.answer]++;
				if (q.finding === NORMAL) seen.normal++;
				const view = q.images[0].prompt.split(" ")[0];
				if (q.kind === "which") {
					const [a, b] = q.images;
					if (a.seed !== b.seed || q.images[q.answer].prompt !== SEEDS.findings[q.finding][view].prompt || q.images[1 - q.answer].prompt !== SEEDS.normal[view]) throw new Error(JSON.stringify(q));
					if (!SEEDS.findings[q.finding][view].seeds.some(s => s.seed === a.seed)) throw new Error("not checked: " + JSON.stringify(q));
					continue;
				}
				if (q.options[q.answer] !== q.finding || new Set(q.options).size !== q.options.length || !q.options.includes(NORMAL) || q.options.length < 3) throw new Error(JSON.stringify(q));
				if (q.finding === NORMAL) {
					if (!q.options.some(o => o !== NORMAL && SEEDS.findings[o][view].seeds.some(s => s.seed === q.images[0].seed && s.clear))) throw new Error("the normal image may show something: " + JSON.stringify(q));
					continue;
				}
				const checked = SEEDS.findings[q.finding][view].seeds.find(s => s.seed === q.images[0].seed);
				if (q.options.some(o => checked.also?.includes(o))) throw new Error("two right answers: " + JSON.stringify(q));
			}
		}
		if (seen.which < 1000 || seen.what < 400 || seen.normal < 40 || seen.places[0] < 800 || seen.places[1] < 800 || seen.places[3] < 40) throw new Error(JSON.stringify(seen));`, nil)
}

const made = `!document.getElementById("atlas-films").hidden`

// learn opens the page for students in a browser, at one of its parts, and loads the model.
func learn(t *testing.T, b *browsertest.Browser, url, part string, scripts ...string) *tab {
	t.Helper()
	p := open(t, b, url+"/learn.html"+part, scripts...)
	p.wait(`!document.getElementById("stuck")`)
	p.Must(`const b = document.getElementById("model-load"); if (!b.hidden) b.click();`, nil)
	p.wait(`["The model is ready.", "El modelo está listo."].includes(document.getElementById("model-text").textContent)`)
	p.wait(made)
	return p
}

func TestAtlas(t *testing.T) {
	p := learn(t, browsertest.Shared(t), public.URL, "")
	shown := learnFindings(t)
	if chips := is[int](p, `document.getElementsByName("atlas-finding").length`); chips != len(shown) || chips < 3 {
		t.Errorf("there are %d findings, %d pass the rule", chips, len(shown))
	}
	labels := func() []string {
		return is[[]string](p, `[...document.querySelectorAll("#atlas-films canvas")].map(c => c.ariaLabel)`)
	}
	first := shown[0]
	if got := labels(); len(got) != 3 || !strings.Contains(got[0], "Normal chest, PA") || !strings.Contains(got[1], first.Name+", PA") {
		t.Errorf("the images are %q", got)
	}
	says := p.text("atlas-figures")
	for _, want := range []string{fmt.Sprintf("%.2f (%.2f–%.2f)", first.Made.Value, first.Made.Low, first.Made.High), fmt.Sprintf("%.2f (%.2f–%.2f) in %d real", first.Real.Value, first.Real.Low, first.Real.High, first.Images)} {
		if !strings.Contains(says, want) {
			t.Errorf("the figures are %q, without %q", says, want)
		}
	}
	// The two images of a seed differ, and the next pair is another.
	const pixels = `[...document.querySelectorAll("#atlas-films canvas")].map(c => c.toDataURL())`
	before := is[[]string](p, pixels)
	if before[0] == before[1] {
		t.Error("both images are the same")
	}
	again := func(click string) []string {
		p.click(click)
		p.wait(`document.getElementById("atlas-films").hidden`)
		p.wait(made)
		return is[[]string](p, pixels)
	}
	if after := again("#atlas-next"); after[0] == before[0] || after[1] == before[1] {
		t.Error("the next pair is the same one")
	}
	again(`label:has([name="atlas-finding"][value="cardiomegaly"])`)
	again(`label:has([name="atlas-view"][value="AP"])`)
	if got := labels(); !strings.Contains(got[1], "cardiomegaly, AP") || !strings.Contains(p.text("atlas-where"), "heart") {
		t.Errorf("the images are %q", got)
	}
	if rows := is[int](p, `document.querySelectorAll("#view-atlas tbody tr").length`); rows != 14 {
		t.Errorf("the tables have %d findings, the card has 14", rows)
	}
}

// answer answers the question of the quiz, and returns whether that was right.
func (p *visit) answer(i int) bool {
	p.t.Helper()
	p.wait(`document.querySelectorAll("#quiz-answers button:enabled").length > 1`)
	p.click(fmt.Sprintf("#quiz-answers button:nth-child(%d)", i+1))
	return is[bool](p, `document.getElementById("quiz-result").textContent.startsWith("Right.")`)
}

// TestQuiz answers questions, and finds the score again after a reload.
func TestQuiz(t *testing.T) {
	p := learn(t, browsertest.Shared(t), public.URL, "#quiz", `try { localStorage.getItem("roentgo / learn-score") ?? localStorage.setItem("roentgo / learn-score", '{"right": 9, "asked": 1}') } catch {}`)
	if says := p.text("quiz-score"); !strings.HasPrefix(says, "No question") {
		t.Errorf("a score that cannot be gives %q", says)
	}
	right := 0
	for n := range 4 {
		p.wait(`document.getElementById("quiz-question").textContent !== ""`)
		p.want(`[...document.querySelectorAll("#quiz-films canvas")].every(c => /^Synthetic chest X-ray( [AB])?$/.test(c.ariaLabel))`)
		if p.answer(n % 2) {
			right++
			p.want(`document.querySelectorAll("#quiz-answers [data-state]").length === 1`)
		} else {
			p.want(`document.querySelectorAll("#quiz-answers [data-state]").length === 2`)
		}
		p.want(`document.querySelectorAll("#quiz-answers button:enabled").length === 0`)
		if want := fmt.Sprintf("Score: %d of %d right", right, n+1); !strings.HasPrefix(p.text("quiz-score"), want) {
			t.Errorf("the score is %q, want %q", p.text("quiz-score"), want)
		}
		p.want(`document.activeElement.id === "quiz-next"`)
		p.click("#quiz-next")
	}
	p.Run(chromedp.Reload())
	p.wait(`!document.getElementById("stuck")`)
	if want := fmt.Sprintf("Score: %d of 4 right", right); !strings.HasPrefix(p.text("quiz-score"), want) {
		t.Errorf("after a reload the score is %q, want %q", p.text("quiz-score"), want)
	}
	p.click("#quiz-clear")
	p.want(`document.getElementById("quiz-score").textContent.startsWith("No question") && document.getElementById("quiz-clear").disabled`)
}

// TestWorksheet makes a worksheet twice, and prints it.
func TestWorksheet(t *testing.T) {
	p := learn(t, browsertest.Shared(t), public.URL, "#worksheet")
	p.set("worksheet-count", "21")
	p.click("#worksheet-make")
	p.want(`document.getElementById("worksheet-problem").textContent === "Choose 1 to 20 questions." && document.activeElement.id === "worksheet-count"`)
	sheet := func(seed string) string {
		p.set("worksheet-count", "3")
		p.set("worksheet-seed", seed)
		p.want(`document.getElementById("worksheet-problem").textContent === ""`)
		p.click("#worksheet-make")
		p.wait(`document.querySelector(".paper") === null`)
		p.wait(`document.querySelector(".paper") !== null`)
		return is[string](p, `document.getElementById("worksheet").innerText + [...document.querySelectorAll("#worksheet canvas")].map(c => c.toDataURL()).join(" ")`)
	}
	first, second, again := sheet("12"), sheet("13"), sheet("12")
	if first != again {
		t.Error("the same seed gives another worksheet")
	}
	if first == second {
		t.Error("another seed gives the same worksheet")
	}
	p.want(`document.querySelectorAll(".paper").length === 3`)
	p.want(`[...document.querySelectorAll(".paper")].every(s => s.innerText.includes("Synthetic images. Not for diagnosis.") && s.innerText.includes("seed 12 · 3 questions"))`)
	p.want(`document.querySelectorAll(".solutions li").length === 3 && document.querySelector(".paper:last-child .solutions") !== null`)
	p.want(`document.querySelectorAll(".question").length === 3`)
	p.media("light", "print")
	p.want(`[".top", ".tabs", "#worksheet-form", "footer"].every(s => getComputedStyle(document.querySelector(s)).display === "none")`)
	p.want(`getComputedStyle(document.querySelector(".paper")).color === "rgb(0, 0, 0)"`)
	own := true // sizes of pages are the sheet's own
	pdf, err := chromedp.Call(p.Context(), page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &own})
	if err != nil {
		t.Fatal(err)
	}
	if pages := len(regexp.MustCompile(`/Type /Page\b`).FindAll(pdf.Data, -1)); pages != 3 {
		t.Errorf("it prints %d pages, want 3", pages)
	}
	if folder := os.Getenv("ROENTGO_SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, "worksheet.pdf"), pdf.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLearnByKeyboard goes from a first visit to an answered question by keys alone.
func TestLearnByKeyboard(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := open(t, browsertest.Open(t), h.URL+"/learn.html")
	p.wait(`!document.getElementById("stuck")`)
	to := func(at string) {
		t.Helper()
		for range 40 {
			p.key(kb.Tab)
			if is[bool](p, fmt.Sprintf("document.activeElement.matches(%q)", at)) {
				p.want(`(() => { const e = document.activeElement, s = getComputedStyle(e.matches(".word input") ? e.nextElementSibling : e); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; })()`)
				return
			}
		}
		t.Fatalf("Tab does not lead to %s", at)
	}
	to(".skip")
	to("#model-load")
	p.key(kb.Enter)
	p.wait(made)
	to("#tab-atlas")
	to(`[name="atlas-finding"]`)
	p.key(kb.ArrowRight)
	p.wait(`document.getElementById("atlas-name").textContent === "cardiomegaly"`)
	p.Must(`document.getElementById("tab-atlas").focus();`, nil)
	p.key(kb.ArrowRight)
	p.want(`document.activeElement.id === "tab-quiz"`)
	p.wait(`document.querySelector("#quiz-answers button") !== null`)
	to("#quiz-answers button")
	p.key(kb.Enter)
	p.wait(`document.activeElement.id === "quiz-next"`)
	p.key(kb.Enter)
	p.wait(`document.querySelector("#quiz-answers button:enabled") !== null && document.activeElement.id === "quiz-question"`)
}

// TestLearnAccessible has axe-core look at each part.
func TestLearnAccessible(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join(root, ".cache/axe/node_modules/axe-core/axe.min.js"))
	if err != nil {
		need.Missing(t, "no axe-core: %v (run 'sh .ci/setup')", err)
	}
	h := serve(built)
	defer h.Close()
	p := open(t, browsertest.Open(t), h.URL+"/learn.html")
	p.Run(chromedp.Evaluate[chromedp.Void](string(axe)))
	p.wait(`!document.getElementById("stuck")`)
	p.look("first visit")
	p.click("#model-load")
	p.wait(made)
	p.look("atlas")
	p.click("#tab-quiz")
	p.answer(0)
	p.look("quiz")
	p.click("#tab-worksheet")
	p.set("worksheet-count", "2")
	p.click("#worksheet-make")
	p.wait(`document.querySelector(".paper") !== null`)
	p.look("worksheet")
	for _, size := range []struct{ width, height int64 }{{320, 480}, {360, 640}, {1366, 700}} {
		p.Run(chromedp.EmulateViewport(size.width, size.height))
		p.Must(`scrollTo({top: 1e6, behavior: "instant"});`, nil)
		p.want(`document.querySelector(".banner").innerText.replace(/\s+/g, " ") === "Synthetic images. Not for diagnosis." && document.querySelector(".banner").getBoundingClientRect().top === 0`)
	}
}

// TestLearnShares goes from the page to that for students: no file comes twice, and both
// open without a network.
func TestLearnShares(t *testing.T) {
	c := &counter{bytes: map[string]int{}, times: map[string]int{}}
	h := serve(built)
	defer h.Close()
	h.deploy(c.counts(site.Handler(built, false)))
	b := browsertest.Open(t)
	p := open(t, b, h.URL+"/")
	p.load()
	p.wait(kept)
	p.click(`a[href="learn.html"]`)
	p.waitAcross(`document.getElementById("atlas-films")`)
	p.wait(made) // without being asked: the model is here
	c.Lock()
	for path, times := range c.times {
		if times > 1 && !strings.HasSuffix(path, "/") && path != "/sw.js" {
			t.Errorf("%s was sent %d times", path, times)
		}
	}
	c.Unlock()
	h.Close()
	p.Run(chromedp.Navigate(h.URL + "/learn.html#quiz"))
	p.Run(chromedp.Reload())
	p.waitAcross(`document.querySelectorAll("#quiz-answers button").length > 1`)
}

// TestLearnWithoutScripts reads the page where its script is blocked: the findings, where
// to look, and the figures are there.
func TestLearnWithoutScripts(t *testing.T) {
	h := serve(built)
	defer h.Close()
	h.deploy(without(site.Handler(built, false), ".js"))
	p := tabOf(t, browsertest.Open(t).Page(t, h.URL+"/learn.html")) // the console speaks of the blocked script
	p.wait(`document.getElementById("stuck").checkVisibility({visibilityProperty: true})`)
	body := is[string](p, "document.body.innerText")
	for _, f := range learnFindings(t) {
		if !strings.Contains(body, f.Name) || !strings.Contains(body, fmt.Sprintf("%.2f (%.2f–%.2f)", f.Made.Value, f.Made.Low, f.Made.High)) {
			t.Errorf("without scripts the page does not speak of %s", f.Name)
		}
	}
	for _, want := range []string{"Not for diagnosis.", "lower corners of the lungs", "allow scripts"} {
		if !strings.Contains(body, want) {
			t.Errorf("without scripts the page does not say %q", want)
		}
	}
	if strings.Contains(body, "{{") {
		t.Error("the page shows its template")
	}
}

// TestLearnScreenshots looks at each part as a visitor does, and with ROENTGO_SCREENSHOTS
// keeps pictures of it.
func TestLearnScreenshots(t *testing.T) {
	folder := os.Getenv("ROENTGO_SCREENSHOTS")
	if folder == "" {
		t.Skip("ROENTGO_SCREENSHOTS is not set")
	}
	p := learn(t, browsertest.Shared(t), public.URL, "")
	shot := func(name string) {
		for _, size := range []struct {
			suffix        string
			width, height int64
		}{{"", 1240, 900}, {"-phone", 360, 740}} {
			p.Run(chromedp.EmulateViewport(size.width, size.height))
			quality, whole := int64(82), true
			shot, err := chromedp.Call(p.Context(), page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "jpeg", Quality: &quality, CaptureBeyondViewport: &whole})
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+size.suffix+".jpg"), shot.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p.Run(chromedp.EmulateViewport(1240, 900))
	}
	shot("learn")
	p.click("#tab-quiz")
	p.answer(0)
	shot("quiz")
	p.click("#tab-worksheet")
	p.set("worksheet-count", "4")
	p.set("worksheet-seed", "1")
	p.click("#worksheet-make")
	p.wait(`document.querySelector(".paper") !== null`)
	shot("worksheet")
}
