//go:build !js

package main_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/pack"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// built is the folder of the package, built once for all tests.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer browsertest.CloseShared()
		dir, err := os.MkdirTemp("", "roentgo-wasm-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		built = dir
		if err := pack.Build(context.Background(), "..", filepath.Join(dir, "roentgo")); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// blank is a page that has nothing but the library.
const blank = `<!doctype html><meta charset="utf-8"><title>test</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src blob:; style-src 'self'">
<script type="module" src="/page.js"></script>`

func sha256Hex(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// pageJS makes the library a global of the page, and notes violations of its
// policy.
const pageJS = `import * as roentgo from "/roentgo/roentgo.js";
globalThis.roentgo = roentgo;
globalThis.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
globalThis.manifest = "/model/roentgo-mini.manifest.json";
// All images of a request.
globalThis.images = async (s, request) => {
  const list = [];
  for await (const e of s.sample(request)) if (e.type === "image") list.push(e.image);
  return list;
};
globalThis.base64 = (array) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
};
globalThis.ready = true;`

// model is the shipped model as one file beside its manifest.
func model() map[string]string {
	return map[string]string{"/model/roentgo-mini.manifest.json": string(shipped.Manifest), "/model/roentgo-mini.safetensors.zst": string(shipped.File)}
}

// packed is the content of a file of the package.
func packed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(built, "roentgo", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serve serves the page, the package, and the shipped model as one file beside
// its manifest.
func serve(t *testing.T, pages ...map[string]string) *browsertest.Server {
	t.Helper()
	all := model()
	all["/"], all["/page.js"] = blank, pageJS
	for _, more := range pages {
		for path, text := range more {
			all[path] = text
		}
	}
	return browsertest.Serve(t, all, built)
}

// page opens the page and waits for the library.
func page(t *testing.T, b *browsertest.Browser, s *browsertest.Server) *browsertest.Page {
	p := b.Page(t, s.URL+"/")
	p.Must("while (!globalThis.ready) await new Promise(r => setTimeout(r, 10));", nil)
	return p
}
