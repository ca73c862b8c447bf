//go:build !js

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/notices"
)

// TestExample opens the example as it is, presses the button and waits for the
// image.
func TestExample(t *testing.T) {
	html, err := os.ReadFile("example/index.html")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, map[string]string{"/": string(html)})
	p := browsertest.Shared(t).Page(t, s.URL+"/")
	var got struct {
		Width                   int
		Label, Status, Download string
		Warned, PNG             bool
		Seed                    string
	}
	p.Must(`const e = document.querySelector("roentgo-sampler");
	await customElements.whenDefined("roentgo-sampler");
	e.setAttribute("steps", "2");
	const root = e.shadowRoot;
	const made = new Promise((done, failed) => { e.addEventListener("roentgo-image", (x) => done(x.detail)); e.addEventListener("roentgo-error", (x) => failed(x.detail)); });
	root.querySelector("button").click();
	const image = await made;
	const canvas = root.querySelector("canvas"), link = root.querySelector("a");
	const file = new Uint8Array(await (await fetch(link.href)).arrayBuffer());
	return {width: canvas.width, label: canvas.getAttribute("aria-label"), status: root.querySelector("[role=status]").textContent,
		download: link.download, warned: root.textContent.includes("not for diagnosis"), png: file[1] === 80, seed: image.settings.seed};`, &got)
	if got.Width != 256 || got.Download != "xray-3.png" || !got.Warned || !got.PNG || got.Seed != "3" ||
		!strings.Contains(got.Label, "not for diagnosis: cardiomegaly") || !strings.HasPrefix(got.Status, "Done.") {
		t.Errorf("the element shows %+v", got)
	}
	var shot []byte
	if shot, err = chromedp.Run(p.Context(), chromedp.FullScreenshot(90)); err != nil || len(shot) == 0 {
		t.Errorf("screenshot: %v", err)
	}
	if dir := os.Getenv("ROENTGO_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "example.jpg"), shot, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err = p.Eval(t.Context(), `const e = document.createElement("roentgo-sampler");
	e.setAttribute("model", "/none.manifest.json");
	document.body.append(e);
	const failed = new Promise((done) => e.addEventListener("roentgo-error", (x) => done(x.detail)));
	e.shadowRoot.querySelector("button").click();
	throw await failed;`, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "network: ") {
		t.Errorf("an element without a model: got %v", err)
	}
}

// TestPackage installs the package from its folder with npm, and resolves what
// a program imports from it.
func TestPackage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "package.json"), `{"name": "page", "private": true, "type": "module"}`)
	execute(t, dir, need.Program(t, "npm"), "install", "--install-links", "--no-audit", "--no-fund", "--offline", filepath.Join(built, "roentgo"))
	for _, name := range []string{"roentgo.js", "worker.js", "roentgo.wasm", "roentgo.d.ts", "node/index.js", "node/worker.js", "node.d.ts", "LICENSE", "NOTICES.txt"} {
		if _, err := os.Stat(filepath.Join(dir, "node_modules/roentgo", name)); err != nil {
			t.Errorf("not in the package: %v", err)
		}
	}
	want, err := os.ReadFile(filepath.Join("..", notices.Browser))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "node_modules/roentgo/NOTICES.txt")); err != nil || string(got) != string(want) {
		t.Errorf("the package's notices are not %s (%v)", notices.Browser, err)
	}
	write(t, filepath.Join(dir, "resolve.mjs"), `console.log(import.meta.resolve("roentgo").endsWith("/roentgo.js"), import.meta.resolve("roentgo/worker.js").endsWith("/worker.js"));`)
	if text := strings.TrimSpace(execute(t, dir, need.Program(t, "node"), "resolve.mjs")); text != "true true" {
		t.Errorf("resolved: %s", text)
	}
}

// foreign is a page that makes an image with the element of another place, and
// posts what came to the window above it, or to itself. %s is where the library and the
// model are.
const foreign = `<!doctype html><meta charset="utf-8"><title>foreign</title>
<roentgo-sampler model="%[1]s/model/roentgo-mini.manifest.json" device="wasm" steps="1" seed="3" prompt="effusion"></roentgo-sampler>
<script>
const e = document.querySelector("roentgo-sampler");
const say = (text) => parent.postMessage(text, "*");
e.addEventListener("roentgo-image", (x) => say(x.detail.size + " pixels, seed " + x.detail.settings.seed));
e.addEventListener("roentgo-error", (x) => say(x.detail.code + ": " + x.detail.message));
import("%[1]s/roentgo/roentgo.js").then(() => e.shadowRoot.querySelector("button").click(), () => say("the library was refused"));
</script>`

// framed is a page with a page in it, in a sandbox or not; it notes what it is sent.
const framed = `<!doctype html><meta charset="utf-8"><title>outer</title>
<script>globalThis.heard = new Promise((done) => addEventListener("message", (x) => done(x.data)));</script>
<iframe src="/frame" %s></iframe>`

// hearing waits for what a page of framed is sent.
const hearing = `return await Promise.race([heard, new Promise((done) => setTimeout(done, 100000, "nothing in 100 s"))]);`

// allowing makes a host allow pages of any origin to read the paths that begin
// so.
func allowing(s *browsertest.Server, paths ...string) {
	s.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		for _, p := range paths {
			if strings.HasPrefix(r.URL.Path, p) {
				w.Header().Set("Access-Control-Allow-Origin", "*")
			}
		}
		return false
	})
}

// embeds are pages of others with the element in them, and what each hears.
var embeds = map[string]struct {
	sandbox string
	foreign bool // the library and the model are of another origin
	allowed []string
	hears   string
}{
	"the same origin":                  {"", false, nil, "256 pixels, seed 3"},
	"another origin":                   {"", true, []string{"/"}, "256 pixels, seed 3"},
	"a sandbox with the page's origin": {`sandbox="allow-scripts allow-same-origin"`, false, nil, "256 pixels, seed 3"},
	"a sandbox":                        {`sandbox="allow-scripts"`, false, []string{"/"}, "256 pixels, seed 3"},
	"a sandbox, nothing allowed":       {`sandbox="allow-scripts"`, false, nil, "the library was refused"},
	"a sandbox, only the library":      {`sandbox="allow-scripts"`, false, []string{"/roentgo/"}, "must send Access-Control-Allow-Origin"},
	"another origin, only the library": {"", true, []string{"/roentgo/"}, "must send Access-Control-Allow-Origin"},
}

// embed serves the pages of one of embeds and returns the address of the outer one.
func embed(t *testing.T, name string) string {
	t.Helper()
	c := embeds[name]
	library := serve(t)
	allowing(library, c.allowed...)
	if !c.foreign {
		library.Pages(map[string]string{"/outer": fmt.Sprintf(framed, c.sandbox), "/frame": fmt.Sprintf(foreign, "")})
		return library.URL + "/outer"
	}
	own := browsertest.Serve(t, map[string]string{"/outer": fmt.Sprintf(framed, c.sandbox), "/frame": fmt.Sprintf(foreign, library.URL)})
	return own.URL + "/outer"
}

// TestEmbed puts the element into pages of others.
func TestEmbed(t *testing.T) {
	for name, c := range embeds {
		t.Run(name, func(t *testing.T) {
			var heard string
			browsertest.Shared(t).Page(t, embed(t, name)).Must(hearing, &heard)
			if !strings.Contains(heard, c.hears) {
				t.Errorf("heard %q, want %q", heard, c.hears)
			}
		})
	}
}

// TestFirefoxEmbed is the journey of the element in a page of others, in
// Firefox.
func TestFirefoxEmbed(t *testing.T) {
	for _, name := range []string{"another origin", "a sandbox"} {
		t.Run(name, func(t *testing.T) {
			var heard string
			p := browsertest.SharedFirefox(t).Page(t, embed(t, name))
			p.Must(hearing, &heard)
			if want := embeds[name].hears; heard != want {
				t.Errorf("heard %q, want %q", heard, want)
			}
			for _, line := range p.Said() {
				t.Errorf("the page said: %s", line)
			}
			p.Close()
		})
	}
}
