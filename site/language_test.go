package site_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/site"
)

func readWords(t *testing.T, language string) (words map[string]string) {
	t.Helper()
	readJSON(t, filepath.Join("app", "words", language+".json"), &words)
	return words
}

// TestLanguagesAreComplete compares the files of words: the same keys, and the same
// values in each text.
func TestLanguagesAreComplete(t *testing.T) {
	english, spanish := readWords(t, "en"), readWords(t, "es")
	if a, b := slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(spanish)); !slices.Equal(a, b) {
		t.Errorf("the keys differ: English has %d, Spanish %d", len(a), len(b))
	}
	values := regexp.MustCompile(`\{\w+\}`)
	translations := map[string]string{}
	for key, text := range english {
		other := spanish[key]
		if strings.TrimSpace(text) == "" || strings.TrimSpace(other) == "" {
			t.Errorf("%s: %q, %q", key, text, other)
		}
		if a, b := slices.Sorted(slices.Values(values.FindAllString(text, -1))), slices.Sorted(slices.Values(values.FindAllString(other, -1))); !slices.Equal(a, b) {
			t.Errorf("%s: values %q and %q", key, a, b)
		}
		// The page finds the key of a text by the text.
		if before, ok := translations[text]; ok && before != other {
			t.Errorf("%q is both %q and %q", text, before, other)
		}
		translations[text] = other
	}
	// Whatever the scripts ask for is there.
	asks := regexp.MustCompile(`\bt\("([^"]+)"`)
	scripts, err := filepath.Glob("app/*.js")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("app/learn/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(scripts, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range asks.FindAllStringSubmatch(string(text), -1) {
			if _, ok := english[found[1]]; !ok {
				t.Errorf("%s asks for %q, which is in no file of words", name, found[1])
			}
		}
	}
}

// inSpanish has the page believe that its reader prefers Spanish.
const inSpanish = `Object.defineProperty(navigator, "languages", {get: () => ["es-MX", "en"]});`

// leftovers are texts of the page that its words do not have: those outside of brackets
// which a file of words put around each. Prompts, names and what the library says stay
// as they are, and are marked.
const leftovers = `(() => {
	const bare = text => {
		for (let before = ""; before !== text;) [before, text] = [text, text.replace(/⟦[^⟦⟧]*⟧/g, "")];
		return text.replace(/roentgo[\w-]*/g, "");
	};
	const apart = e => e.closest('script, style, bdi, [lang="en"]:not(html), [lang="es"]:not(html), [translate="no"]');
	const list = [];
	const look = (e, text) => { if (!apart(e) && /\p{L}{3,}/u.test(bare(text))) list.push(text.trim()); };
	const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (nodes.nextNode()) look(nodes.currentNode.parentElement, nodes.currentNode.data);
	for (const name of ["aria-label", "alt", "title", "placeholder", "aria-valuetext", "aria-description"]) for (const e of document.querySelectorAll("[" + name + "]")) look(e, e.getAttribute(name));
	look(document.body, document.title);
	return list;
})()`

// TestNoWordsOutsideTheirFiles builds the page with brackets around each word of its second
// language, and goes through it: what stands outside of brackets is written elsewhere.
func TestNoWordsOutsideTheirFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "site"), os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	words := readWords(t, "en")
	for key, text := range words {
		words[key] = "⟦" + text + "⟧"
	}
	content, err := json.Marshal(words)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "site", "app", "words", "es.json"), content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "built")
	if err := site.Build(t.Context(), out, site.Options{Root: dir, Library: library}); err != nil {
		t.Fatal(err)
	}
	h := serve(out)
	defer h.Close()
	b := browsertest.Open(t)
	p := open(t, b, h.URL+"/", inSpanish)
	look := func(state string) {
		t.Helper()
		for _, text := range is[[]string](p, leftovers) {
			t.Errorf("%s: %q is in no file of words", state, text)
		}
	}
	p.wait(`!document.getElementById("stuck")`)
	look("first visit")
	p.Must(`document.getElementById("download").click();`, nil)
	p.wait(ready)
	p.set("seed", "x")
	p.set("prompt", "wobbly pleural effuson")
	p.wait(`document.querySelector("#prompt-unknown .chip") !== null`)
	look("loaded, a word unknown")
	p.make("wobbly pleural effusion", "3", 2, 2)
	look("made")
	for _, name := range []string{"words", "compare", "image"} {
		p.Must(fmt.Sprintf(`document.getElementById("tab-%s").click();`, name), nil)
		look(name)
	}
	p.Must(`document.getElementById("steps-range").value = 1; document.getElementById("steps-range").dispatchEvent(new Event("input")); document.getElementById("delete").click();`, nil)
	p.wait(`document.getElementById("confirm").open`)
	look("asking")
	p.Must(`document.getElementById("confirm").close();`, nil)
	p.clean()
	p.Page.Close()

	p = open(t, b, h.URL+"/learn.html", inSpanish)
	p.wait(made)
	look("atlas")
	p.Must(`document.getElementById("tab-quiz").click();`, nil)
	p.wait(`document.querySelector("#quiz-answers button") !== null`)
	p.Must(`document.querySelector("#quiz-answers button").click();`, nil)
	look("quiz")
	p.set("worksheet-count", "1")
	p.Must(`document.getElementById("tab-worksheet").click(); document.getElementById("worksheet-make").click();`, nil)
	p.wait(`document.querySelector(".paper") !== null`)
	look("worksheet")
}

// TestSpanish opens the page as a reader of Spanish does, and switches to English.
func TestSpanish(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := open(t, browsertest.Open(t), h.URL+"/", inSpanish)
	p.wait(`!document.getElementById("stuck")`)
	p.want(`document.documentElement.lang === "es" && document.getElementById("composer-title").textContent === "Describa la radiografía"`)
	p.want(`document.title.includes("radiografías") && document.querySelector(".banner").innerText.includes("No sirven para diagnosticar.")`)
	p.want(`document.querySelector("footer").innerText.includes("El modelo lee textos en inglés")`)
	p.want(`[...document.querySelectorAll("#examples .chip")].every(c => c.lang === "en") && document.getElementById("prompt").lang === "en"`)
	p.Must(`document.getElementById("download").click();`, nil)
	p.wait(ready)
	p.make("pleural effusion", "7", 1, 1)
	if heard := p.text("announcer"); heard != "La imagen está lista. Semilla 7." {
		t.Errorf("a screen reader hears %q", heard)
	}
	p.click(`a[href="learn.html"]`)
	p.waitAcross(`document.getElementById("tab-quiz")?.textContent === "Preguntas" && document.documentElement.lang === "es"`)
	p.wait(made)
	p.Must(`const c = document.getElementById("language"); c.value = "en"; c.dispatchEvent(new Event("change"));`, nil)
	p.waitAcross(`document.getElementById("tab-quiz")?.textContent === "Quiz" && document.documentElement.lang === "en" && !document.getElementById("stuck")`)
	p.click(`a[href="./"]`)
	p.waitAcross(`document.getElementById("composer-title")?.textContent === "Describe the X-ray" && document.documentElement.lang === "en" && !document.getElementById("stuck")`)
}
