//go:build !js

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/need"
)

// bundlers is where .ci/setup installs them, of the versions that
// testdata/bundlers pins.
const bundlers = "../.cache/bundlers/node_modules"

// project makes a folder in which the package is installed by npm from its
// folder, and above which the bundlers are found. files are copied into it from
// testdata/bundlers, as "from" or "from:to".
func project(t *testing.T, files ...string) string {
	t.Helper()
	tools, err := filepath.Abs(bundlers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tools); err != nil {
		need.Missing(t, "the bundlers are missing (sh .ci/setup): %v", err)
	}
	parent := t.TempDir()
	if err := os.Symlink(tools, filepath.Join(parent, "node_modules")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "project")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "package.json"), `{"name": "page", "private": true, "type": "module"}`)
	for _, f := range files {
		from, to, renamed := strings.Cut(f, ":")
		if !renamed {
			to = from
		}
		text, err := os.ReadFile(filepath.Join("testdata/bundlers", from))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, to), string(text))
	}
	// Without links, so that what is installed is what the package lists.
	execute(t, dir, need.Program(t, "npm"), "install", "--install-links", "--no-audit", "--no-fund", "--offline", filepath.Join(built, "roentgo"))
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// execute runs a program in a folder and returns what it printed.
func execute(t *testing.T, dir, name string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, text)
	}
	return string(text)
}

// TestBundlers builds a page for production with each bundler, serves what it
// built and makes an image with it, on two threads.
func TestBundlers(t *testing.T) {
	tool := func(t *testing.T, dir, name string, arguments ...string) {
		t.Helper()
		execute(t, dir, filepath.Join(dir, "../node_modules/.bin", name), arguments...)
	}
	// Those that move no files by themselves want the two beside their bundle.
	copied := func(t *testing.T, dir string) {
		t.Helper()
		for _, name := range []string{"worker.js", "roentgo.wasm"} {
			text, err := os.ReadFile(filepath.Join(dir, "node_modules/roentgo", name))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "dist", name), string(text))
		}
	}
	for name, build := range map[string]func(t *testing.T) (folder string){
		"vite": func(t *testing.T) string {
			dir := project(t, "app.js", "index.html")
			tool(t, dir, "vite", "build")
			return filepath.Join(dir, "dist")
		},
		"webpack": func(t *testing.T) string {
			dir := project(t, "app.js", "index.html:dist/index.html")
			tool(t, dir, "webpack", "build", "--entry", "./app.js", "--mode", "production", "--output-path", "dist", "--output-filename", "app.js")
			return filepath.Join(dir, "dist")
		},
		"esbuild": func(t *testing.T) string {
			dir := project(t, "app.js", "index.html:dist/index.html")
			tool(t, dir, "esbuild", "app.js", "--bundle", "--minify", "--format=esm", "--outdir=dist")
			copied(t, dir)
			return filepath.Join(dir, "dist")
		},
		"rollup": func(t *testing.T) string {
			dir := project(t, "app.js", "index.html:dist/index.html")
			tool(t, dir, "rollup", "app.js", "--dir", "dist", "--format", "es", "--plugin", "node-resolve")
			copied(t, dir)
			return filepath.Join(dir, "dist")
		},
		"sveltekit": func(t *testing.T) string {
			dir := project(t, "app.js:src/routes/app.js", "sveltekit/svelte.config.js:svelte.config.js", "sveltekit/vite.config.js:vite.config.js",
				"sveltekit/src/app.html:src/app.html", "sveltekit/src/routes/+layout.js:src/routes/+layout.js", "sveltekit/src/routes/+page.svelte:src/routes/+page.svelte")
			tool(t, dir, "svelte-kit", "sync")
			tool(t, dir, "vite", "build")
			return filepath.Join(dir, "build")
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := build(t)
			html, err := os.ReadFile(filepath.Join(folder, "index.html"))
			if err != nil {
				t.Fatal(err)
			}
			all := model()
			all["/"] = string(html)
			s := browsertest.Serve(t, all, folder)
			s.Isolate = true
			p := browsertest.Shared(t).Page(t, s.URL+"/")
			var got struct {
				Size   int
				Device string
			}
			p.Must(`const end = performance.now() + 10000;
			while (!globalThis.make && performance.now() < end) await new Promise((r) => setTimeout(r, 10));
			return await make();`, &got)
			if got.Size != 256 || !strings.Contains(got.Device, "2 threads") {
				t.Errorf("an image of %d pixels on %q", got.Size, got.Device)
			}
			if name == "sveltekit" {
				var defined string
				p.Must(`return document.querySelector("output").textContent;`, &defined)
				if defined != "true" || !strings.Contains(string(html), "<roentgo-sampler ") {
					t.Errorf("the page of the server has the element: %t; it is defined: %s", strings.Contains(string(html), "<roentgo-sampler "), defined)
				}
			}
		})
	}
}

// TestImportOnServer imports the library where there is no page.
func TestImportOnServer(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "import.mjs"), `import { Sampler, RoentgoError, RoentgoSamplerElement } from "`+filepath.ToSlash(built)+`/roentgo/roentgo.js";
const code = await Sampler.load("model.json").catch((error) => error instanceof RoentgoError && error.code);
console.log(typeof Sampler, typeof RoentgoSamplerElement, code);`)
	if text := strings.TrimSpace(execute(t, dir, need.Program(t, "node"), "import.mjs")); text != "function function unsupported" {
		t.Errorf("in Node: %q", text)
	}
}
