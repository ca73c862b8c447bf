package site_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// chosen is the image that the viewer shows.
const chosen = `document.querySelector("#sheet img")`

func TestMakes(t *testing.T) {
	p := loaded(t)
	p.make("cardiomegaly with pleural effusion", "7", 2, 1)
	if alt := is[string](p, chosen+".alt"); alt != "Synthetic chest X-ray: cardiomegaly with pleural effusion, seed 7" {
		t.Errorf("the image is described as %q", alt)
	}
	p.want(chosen + ".naturalWidth === 256")
	details := p.text("details-list")
	for _, want := range []string{"Seed\n7", "Steps\n2", "Guidance\n1", "roentgo-mini"} {
		if !strings.Contains(details, want) {
			t.Errorf("the details are %q, without %q", details, want)
		}
	}
	if heard := p.text("announcer"); heard != "The image is ready. Seed 7." {
		t.Errorf("a screen reader hears %q", heard)
	}
}

// TestManyShowsEach makes several images of consecutive seeds.
func TestManyShowsEach(t *testing.T) {
	p := loaded(t)
	p.make("normal chest x-ray", "18446744073709551614", 1, 2)
	seeds := is[[]string](p, `[...document.querySelectorAll("#sheet img")].map(i => i.alt.split(" ").pop())`)
	if !slices.Equal(seeds, []string{"18446744073709551614", "18446744073709551615"}) {
		t.Errorf("the sheet has seeds %v", seeds)
	}
	p.Run(chromedp.EmulateViewport(360, 740))
	p.want(`(() => {
		const [a, b] = [...document.querySelectorAll("#sheet figure")].map(f => f.getBoundingClientRect());
		return a.top === b.top && a.right <= b.left && b.right <= innerWidth;
	})()`)
	p.Run(chromedp.EmulateViewport(1366, 900))
	p.click("#sheet figure:first-child button")
	if !strings.Contains(p.text("details-list"), "18446744073709551614") {
		t.Error("the first image was chosen, and the details are another's")
	}
}

func TestCancel(t *testing.T) {
	p := loaded(t)
	before := is[int](p, `document.querySelectorAll("#gallery li").length`)
	p.set("prompt", "normal chest x-ray")
	p.set("steps", "100")
	p.set("seed", "")
	p.click("#make")
	p.wait(`document.getElementById("progress-label").textContent.startsWith("Step 1 ")`)
	p.want(`document.getElementById("progress-eta").textContent.endsWith("left")`)
	p.want(`document.querySelector("#sheet canvas") !== null`) // the preview
	p.want(`document.getElementById("details-title").textContent === "Being made" && document.getElementById("details-actions").hidden`)
	p.click("#cancel")
	p.wait(idle)
	p.want(`document.getElementById("problem").textContent === ""`)
	// What was shown before is there again, if anything was.
	p.want(fmt.Sprintf(`document.getElementById("sheet").hidden === (%d === 0) && document.querySelector("#sheet canvas") === null`, before))
	if after := is[int](p, `document.querySelectorAll("#gallery li").length`); after != before {
		t.Errorf("%d images after a cancel, %d before", after, before)
	}
	p.make("normal chest x-ray", "1", 1, 1) // and it goes on
}

func TestUnknownWordsAreMarked(t *testing.T) {
	p := loaded(t)
	p.set("prompt", "wobbly GREEN pleural effusion, no giraffe")
	p.wait(`document.querySelectorAll("#prompt-mirror mark").length > 0`)
	marked := is[[]string](p, `[...document.querySelectorAll("#prompt-mirror mark")].map(m => m.textContent)`)
	if !slices.Equal(marked, []string{"wobbly", "GREEN", "giraffe"}) {
		t.Errorf("marked: %q", marked)
	}
	if note := p.text("prompt-unknown"); !strings.Contains(note, "“wobbly”, “green”, “giraffe”") {
		t.Errorf("the note says %q", note)
	}
	// The marks lie under their words: the mirror wraps as the text area does.
	p.want(`document.getElementById("prompt-mirror").clientWidth === document.getElementById("prompt").clientWidth`)
	p.set("prompt", "pleural effusion")
	p.wait(`document.querySelectorAll("#prompt-mirror mark").length === 0 && document.getElementById("prompt-unknown").textContent === ""`)
}

func TestVocabularyAddsToPrompt(t *testing.T) {
	p := loaded(t)
	p.set("prompt", "PA chest x-ray.")
	p.click("#vocabulary-open")
	p.Must(`[...document.querySelectorAll("#vocabulary .chip")].find(c => c.textContent === "lung nodule").click(); document.querySelector("#vocabulary [data-close]").click();`, nil)
	if got := is[string](p, `document.getElementById("prompt").value`); got != "PA chest x-ray. lung nodule" {
		t.Errorf("the prompt is %q", got)
	}
}

// TestLinkRoundTrip copies a link and opens it elsewhere. Its settings never
// reach the server.
func TestLinkRoundTrip(t *testing.T) {
	p := loaded(t)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		permission := browser.SetPermissionParams{Origin: public.URL, Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted}
		if _, err := chromedp.CallBrowser(p.Context(), browser.SetPermission, permission); err != nil {
			t.Fatal(err)
		}
	}
	p.set("negative", "edema & größer = 肺炎 #1")
	p.set("sampler", "dpm++2m") // neither is the model's own
	p.set("spacing", "trailing")
	p.set("guidanceLow", "100")
	p.set("guidanceHigh", "900")
	p.make("line one. 100 % effusion?", "18446744073709551615", 1, 1)
	p.click("#copy-link")
	p.wait(`document.getElementById("note").textContent === "The link is copied."`)
	link := is[string](p, `await navigator.clipboard.readText()`)
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	if u.RawQuery != "" || !strings.Contains(u.Fragment, "effusion") {
		t.Errorf("the link is %s", link)
	}

	q := open(t, browsertest.Shared(t), link)
	q.wait(`document.getElementById("prompt").value !== ""`)
	q.load()
	for id, want := range map[string]string{"prompt": "line one. 100 % effusion?", "negative": "edema & größer = 肺炎 #1",
		"seed": "18446744073709551615", "steps": "1", "guidance": "1", "sampler": "dpm++2m", "spacing": "trailing", "guidanceLow": "100", "guidanceHigh": "900"} {
		if got := is[string](q, fmt.Sprintf("document.getElementById(%q).value", id)); got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
	q.want(`location.hash === ""`)
}

// TestHostileLinks opens links that anyone may have written.
func TestHostileLinks(t *testing.T) {
	p := loaded(t)
	own := func(id string) string { return is[string](p, fmt.Sprintf("document.getElementById(%q).value", id)) }
	steps, sampler := own("steps"), own("sampler") // the model's own
	for _, c := range []struct {
		fragment string
		says     string
		fields   map[string]string
	}{
		{"prompt=" + strings.Repeat("x", 2001), "out of bounds", map[string]string{"prompt": ""}},
		{"prompt=a&seed=1e3&steps=0&guidance=NaN&count=17&sampler=%3Cimg%3E", "out of bounds", map[string]string{"prompt": "a", "seed": "", "count": "1", "steps": steps, "sampler": sampler}},
		{"prompt=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "those of the link", map[string]string{"prompt": "<img src=x onerror=alert(1)>"}},
		{"prompt=a%00%E2%80%AEb%0Ac", "those of the link", map[string]string{"prompt": "ab c"}},
		{"__proto__=x&constructor=y&toString=z&prompt=a", "those of the link", map[string]string{"prompt": "a"}},
		{"seed=18446744073709551616&prompt=b", "out of bounds", map[string]string{"seed": "", "prompt": "b"}},
		{"sampler=nosuch&prompt=b", "those of the link", map[string]string{"sampler": sampler}},
		{"prompt=" + strings.Repeat("%41", 6000), "out of bounds", map[string]string{"prompt": ""}},
		{"prompt=%F0%28%8C%28%ff", "those of the link", map[string]string{"prompt": "�(�(�"}},
		{"modelHash=" + strings.Repeat("0", 64) + "&prompt=a", "Another model", map[string]string{"prompt": "a"}},
	} {
		p.Must(fmt.Sprintf(`document.getElementById("note").textContent = ""; location.hash = %q;`, c.fragment), nil)
		p.wait(`document.getElementById("note").textContent !== ""`)
		if note := p.text("note"); !strings.Contains(note, c.says) {
			t.Errorf("#%.60s: the page says %q, want %q", c.fragment, note, c.says)
		}
		for id, want := range c.fields {
			if got := is[string](p, fmt.Sprintf("document.getElementById(%q).value", id)); got != want {
				t.Errorf("#%.60s: %s is %q, want %q", c.fragment, id, got, want)
			}
		}
	}
}

// TestBoundsAreTheModels checks that the form refuses what the model would.
func TestBoundsAreTheModels(t *testing.T) {
	p := loaded(t)
	for id, value := range map[string]string{"steps": "1001", "guidance": "0.5", "count": "17", "seed": "18446744073709551616", "rescale": "2", "eta": "-1"} {
		before := is[string](p, fmt.Sprintf("document.getElementById(%q).value", id))
		p.set(id, value)
		p.Must(`document.getElementById("settings").open = false;`, nil)
		p.click("#make")
		p.wait(fmt.Sprintf("document.activeElement.id === %q", id)) // the page puts the focus on the wrong field
		p.want(idle)
		p.set(id, before)
	}
}

// TestPNGRoundTrip downloads an image, and takes its settings back from the
// file.
func TestPNGRoundTrip(t *testing.T) {
	p := loaded(t)
	dir := downloads(t, browsertest.Shared(t))
	p.set("negative", "edema")
	p.make("pleural effusion. größer", "42", 2, 1)
	p.click("#save")
	path := filepath.Join(dir, "roentgo-synthetic-42.png")
	for range 200 {
		if _, err := os.Stat(path); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := provenance.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if s.Prompt != "pleural effusion. größer" || s.Negative != "edema" || s.Seed != 42 || s.Steps != 2 || s.Guidance != 1 {
		t.Errorf("the file holds %+v", s)
	}

	back := func() {
		p.wait(`document.getElementById("note").textContent.startsWith("The settings are those of the PNG file.")`)
		for id, want := range map[string]string{"prompt": s.Prompt, "negative": "edema", "seed": "42", "steps": "2"} {
			if got := is[string](p, fmt.Sprintf("document.getElementById(%q).value", id)); got != want {
				t.Errorf("%s is %q, want %q", id, got, want)
			}
		}
	}
	forget := func() {
		for _, id := range []string{"prompt", "negative", "seed", "steps"} {
			p.set(id, "9")
		}
		p.Must(`document.getElementById("note").textContent = "";`, nil)
	}
	forget()
	p.Run(chromedp.SetUploadFiles(chromedp.CSS("#png-file"), []string{path}, chromedp.NodeReady))
	back()
	forget()
	p.drop(file)
	back()

	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"no PNG":          {[]byte("%PDF-1.7"), "not a PNG"},
		"cut short":       {file[:len(file)/2], "damaged"},
		"other program's": {slices.Concat(file[:33], file[len(file)-12:]), "no settings"},
		"too large":       {make([]byte, 17<<20), "at most"},
	} {
		p.Must(`document.getElementById("problem").textContent = "";`, nil)
		p.drop(c.file)
		p.wait(`document.getElementById("problem").textContent !== ""`)
		if says := p.text("problem"); !strings.Contains(says, c.says) {
			t.Errorf("%s: the page says %q, want %q", name, says, c.says)
		}
	}
}

// drop drops a file on the page.
func (p *tab) drop(content []byte) {
	p.t.Helper()
	text := base64.StdEncoding.EncodeToString(content)
	p.Must(fmt.Sprintf(`
		const files = new DataTransfer();
		files.items.add(new File([Uint8Array.from(atob(%q), c => c.charCodeAt(0))], "xray.png", {type: "image/png"}));
		document.body.dispatchEvent(new DragEvent("dragover", {bubbles: true, cancelable: true, dataTransfer: files}));
		if (document.getElementById("drop").hidden) throw new Error("the page does not say that it takes the file");
		document.body.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: files}));`, text), nil)
}

// TestHistory checks that images outlive the page, and that deleted ones do
// not.
func TestHistory(t *testing.T) {
	p := loaded(t)
	p.make("history one", "5", 1, 1)
	p.make("history two", "6", 1, 1)
	count := `document.querySelectorAll("#gallery li").length`
	n := is[int](p, count)
	p.Run(chromedp.Reload())
	p.wait(fmt.Sprintf("%s === %d", count, n))
	p.click("#gallery li:first-child button")
	if got := p.text("details-prompt"); got != "history two" {
		t.Errorf("the newest is %q", got)
	}
	p.click("#delete")
	p.click("#confirm-yes")
	p.wait(fmt.Sprintf("%s === %d", count, n-1))
	p.Run(chromedp.Reload())
	p.wait(fmt.Sprintf("%s === %d", count, n-1))
	p.want(`document.querySelector("#gallery li img").alt.includes("history one")`)
	p.wait(ready)
	p.click("#gallery li:first-child button")
	p.click("#use")
	p.want(`document.getElementById("prompt").value === "history one"`)
	p.click("#delete-all")
	p.click(`#confirm [data-close]`) // thought better of it
	p.want(fmt.Sprintf("%s === %d", count, n-1))
	p.click("#delete-all")
	p.click("#confirm-yes")
	p.wait(count + " === 0")
	p.Run(chromedp.Reload())
	p.wait(`document.getElementById("gallery-note").textContent !== ""`)
	p.want(count + " === 0")
}

// TestHistoryIsBounded fills the database beyond what is kept.
func TestHistoryIsBounded(t *testing.T) {
	p := loaded(t)
	p.make("the first", "1", 1, 1)
	p.Must(`
		const request = indexedDB.open("roentgo-history /");
		const database = await new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = reject; });
		const store = database.transaction("images", "readwrite").objectStore("images");
		const [one] = await new Promise(resolve => { store.getAll().onsuccess = e => resolve(e.target.result); });
		for (let i = 0; i < 120; i++) store.put({...one, id: "filled " + i, made: i});
		await new Promise(resolve => { store.transaction.oncomplete = resolve; });
		database.close();`, nil)
	p.Run(chromedp.Reload())
	count := `document.querySelectorAll("#gallery li").length`
	p.wait(count + " > 100")
	p.wait(ready)
	p.make("the last", "2", 1, 1)
	p.wait(count + " === 100")
	p.want(`document.querySelector("#gallery li img").alt.includes("the last")`)
	p.click("#delete-all")
	p.click("#confirm-yes")
	p.wait(count + " === 0")
}

// TestHistoryRefused runs where the browser keeps nothing.
func TestHistoryRefused(t *testing.T) {
	p := loaded(t, `IDBFactory.prototype.open = () => { throw new DOMException("refused by a setting", "SecurityError"); };`)
	p.make("not kept", "5", 1, 1)
	if note := p.text("gallery-note"); !strings.Contains(note, "refused by a setting") {
		t.Errorf("the page says %q", note)
	}
	p.want(`document.querySelectorAll("#gallery li").length === 1`)
}

// TestScrub moves through the steps, over the image itself. At the last step it
// is the image.
func TestScrub(t *testing.T) {
	p := loaded(t)
	p.make("pleural effusion", "8", 3, 2)
	p.want(`document.getElementById("steps-output").textContent === "3 of 3"`)
	const guess = `document.querySelector("#sheet canvas")`
	p.want(guess + ` === null`)
	const greys = `
		const grey = (source) => {
			const c = new OffscreenCanvas(256, 256).getContext("2d");
			c.drawImage(source, 0, 0);
			return [...c.getImageData(0, 0, 256, 256).data].filter((_, i) => i % 4 === 0);
		};`
	const second = `document.querySelectorAll("#sheet img")[1]` // the newest is the chosen one
	var image, rough, first, near []int
	p.Must(greys+"return grey("+second+");", &image)
	p.set("steps-range", "1")
	p.want(guess + `.parentElement.firstElementChild === ` + second + ` && ` + guess + `.ariaLabel === "The model’s guess at step 1 of 3"`)
	p.Must(greys+"return grey("+guess+");", &rough) // the preview at once
	p.wait(`document.getElementById("steps-caption").textContent === "What the model guessed at this step."`)
	p.Must(greys+"return grey("+guess+");", &first)
	p.set("steps-range", "2")
	p.wait(`document.getElementById("steps-caption").textContent === "What the model guessed at this step."`)
	p.Must(greys+"return grey("+guess+");", &near)
	if distance(rough, first) < 1 || distance(first, image) <= distance(near, image) {
		t.Errorf("the distance from the image is %.2f at step 1 and %.2f at step 2; of the preview from the decoded guess it is %.2f",
			distance(first, image), distance(near, image), distance(rough, first))
	}
	p.want(`document.getElementById("steps-range").ariaValueText === "Step 2 of 3"`)
	p.set("steps-range", "3")
	p.want(guess + ` === null`)

	// The steps of the image that is chosen, and of one made in an earlier visit.
	p.set("steps-range", "1")
	p.click("#sheet figure:first-child button")
	p.want(guess + ` === null && document.getElementById("steps-range").value === "3"`)
	p.Run(chromedp.Reload())
	p.wait(ready)
	p.want(`document.getElementById("steps-panel").hidden`)
	p.click("#steps-again")
	p.wait(`!document.getElementById("steps-panel").hidden`)
	p.want(`document.getElementById("steps-again").hidden`)
}

// distance is the mean difference of two lists.
func distance(a, b []int) float64 {
	sum := 0.0
	for i, v := range a {
		sum += math.Abs(float64(v - b[i]))
	}
	return sum / float64(len(a))
}

func TestWhereWordsLook(t *testing.T) {
	p := loaded(t)
	p.make("pleural effusion", "10", 2, 1)
	p.click("#tab-words")
	p.click("#words-again")
	p.wait(`!document.getElementById("words-film").hidden`)
	words := is[[]string](p, `[...document.querySelectorAll("#words-chips label")].map(l => l.textContent)`)
	if !slices.Equal(words, []string{"pleural", "effusion"}) {
		t.Errorf("the words are %q", words)
	}
	const layer = `(() => {
		const from = document.getElementById("words-canvas");
		const c = new OffscreenCanvas(from.width, from.height).getContext("2d");
		c.drawImage(from, 0, 0);
		return [...c.getImageData(0, 0, from.width, from.height).data].filter((_, i) => i % 4 === 3);
	})()`
	first := is[[]int](p, layer)
	if slices.Max(first) != 255 {
		t.Errorf("the part that looks most is drawn as %d", slices.Max(first))
	}
	// An even map is said to be one, and drawn so.
	even := is[bool](p, `!document.getElementById("words-even").hidden`)
	if says := p.text("words-least"); (slices.Min(first) == 0) == even || (says == "90 %") != even {
		t.Errorf("the layer begins at %d, the legend at %s, even: %t", slices.Min(first), says, even)
	}
	p.click("#words-chips label:nth-child(2)")
	p.want(`document.getElementById("words-canvas").ariaLabel === "Where “effusion” looks in: pleural effusion"`)
	p.Must(`document.querySelector("#words-chips label").dispatchEvent(new PointerEvent("pointerenter"));`, nil) // for as long as it is pointed at
	p.want(`document.getElementById("words-canvas").ariaLabel === "Where “pleural” looks in: pleural effusion"`)
	p.Must(`document.querySelector("#words-chips label").dispatchEvent(new PointerEvent("pointerleave"));`, nil)
	p.want(`document.getElementById("words-canvas").ariaLabel === "Where “effusion” looks in: pleural effusion"`)
	p.set("words-opacity", "20")
	p.want(`getComputedStyle(document.getElementById("words-canvas")).opacity === "0.2"`)
}

// TestTwoTabs makes images in two tabs at once: both come, and each tab hears
// of the other's.
func TestTwoTabs(t *testing.T) {
	p, q := loaded(t), loaded(t)
	for i, x := range []*tab{p, q} {
		x.set("prompt", "two tabs")
		x.set("seed", fmt.Sprint(20+i))
		x.set("steps", "3")
		x.set("guidance", "1")
	}
	p.Must(`document.getElementById("make").click();`, nil)
	q.Must(`document.getElementById("make").click();`, nil)
	for _, x := range []*tab{p, q} {
		for _, seed := range []string{"20", "21"} {
			x.wait(fmt.Sprintf(`[...document.querySelectorAll("#gallery img")].some(i => i.alt === "Synthetic chest X-ray: two tabs, seed %s")`, seed))
		}
		x.wait(idle)
	}
}

// TestNeverBlocks looks for tasks of 50 ms or more while an image is made. A
// machine that is busy elsewhere lengthens any task, so one run without is
// enough.
func TestNeverBlocks(t *testing.T) {
	p := loaded(t)
	p.make("warming up", "1", 1, 1)
	type task struct{ Start, Duration float64 }
	var tasks []task
	for range 4 {
		time.Sleep(300 * time.Millisecond) // what the click before left to do
		p.Must("longTasks.length = 0;", nil)
		p.make("pleural effusion", "11", 6, 1)
		if tasks = is[[]task](p, "longTasks"); len(tasks) == 0 {
			return
		}
	}
	t.Errorf("the page was blocked: %+v ms", tasks)
}

// TestErrorsSayWhatToDo has pieces of the library and the model missing.
func TestErrorsSayWhatToDo(t *testing.T) {
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	whole := *h.handler.Load()
	h.deploy(without(whole, "/model/pieces/"))
	p := open(t, b, h.URL+"/")
	p.click("#download")
	p.wait(`document.getElementById("problem").textContent !== ""`)
	if says := p.text("problem"); !strings.Contains(says, "could not be fetched") || !strings.Contains(says, "404") {
		t.Errorf("the page says %q", says)
	}
	h.deploy(whole)
	p.click("#problem button")
	p.wait(ready)
	p.want(`document.getElementById("problem").textContent === ""`)
	p.Page.Close() // the 404 is in its console, as it should
}
