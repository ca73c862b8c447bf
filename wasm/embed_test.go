//go:build !js

package main_test

import (
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
