package site_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/notices"
	"github.com/roentgo/roentgo/site"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// files reads a folder: content by path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		all[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// TestReproducible builds all of it again, library included, from another
// path.
func TestReproducible(t *testing.T) {
	again := filepath.Join(t.TempDir(), "deeper", "site")
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Build(t.Context(), again, site.Options{Root: abs}); err != nil {
		t.Fatal(err)
	}
	first, second := files(t, built), files(t, again)
	for name, content := range first {
		if second[name] != content {
			t.Errorf("%s differs", name)
		}
	}
	for name := range second {
		if _, ok := first[name]; !ok {
			t.Errorf("%s is new", name)
		}
	}
}

// TestLicences checks that the page links to its licence and to the notices of the
// works of others in it, and that a visitor can see and read both.
func TestLicences(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	for id, source := range map[string]string{"licence": "LICENSE", "notices": notices.Browser} {
		want, err := os.ReadFile(filepath.Join(root, source))
		if err != nil {
			t.Fatal(err)
		}
		p.want(fmt.Sprintf(`document.getElementById(%q).checkVisibility({ visibilityProperty: true })`, id))
		var got struct{ Type, Text string }
		p.Must(fmt.Sprintf(`const r = await fetch(document.getElementById(%q).href);
			return { Type: r.headers.get("Content-Type"), Text: await r.text() };`, id), &got)
		if got.Text != string(want) || !strings.HasPrefix(got.Type, "text/plain") {
			t.Errorf("the link %s leads to %d bytes of %s, which are not %s", id, len(got.Text), got.Type, source)
		}
	}
}

func TestReplacesOnlySites(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(precious, []byte("years"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := site.Build(t.Context(), dir, site.Options{Root: root, Library: library}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v, want one that names the folder", err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
	out := filepath.Join(dir, "site")
	for range 2 {
		if err := site.Build(t.Context(), out, site.Options{Root: root, Library: library}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestModel checks that the pieces are the shipped model, and that the page
// pins the manifest that names them.
func TestModel(t *testing.T) {
	all := files(t, built)
	manifest := all["model/roentgo-mini.manifest.json"]
	if !strings.Contains(all["index.html"], `data-model-hash="`+sum(manifest)+`"`) {
		t.Error("index.html does not pin the manifest")
	}
	var m struct {
		Pieces string
		Frames []struct{ SHA256 string }
	}
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		t.Fatal(err)
	}
	var joined strings.Builder
	for _, f := range m.Frames {
		piece := all["model/"+m.Pieces+f.SHA256]
		if sum(piece) != f.SHA256 {
			t.Fatalf("piece %s is another", f.SHA256)
		}
		joined.WriteString(piece)
	}
	if !bytes.HasPrefix(shipped.File, []byte(joined.String())) || joined.Len() == 0 {
		t.Error("the pieces are not the shipped model")
	}
}

// TestServiceWorkerKnowsAll checks that sw.js lists every file but itself and
// the model's pieces, by its hash.
func TestServiceWorkerKnowsAll(t *testing.T) {
	all := files(t, built)
	for name, content := range all {
		listed := strings.Contains(all["sw.js"], `"`+name+`"`) && strings.Contains(all["sw.js"], sum(content))
		if want := name != "sw.js" && !strings.HasPrefix(name, "model/pieces/"); listed != want {
			t.Errorf("%s: listed %t, want %t", name, listed, want)
		}
	}
}

// TestNothingInline checks what the policy would forbid, and that nothing
// points to another host.
func TestNothingInline(t *testing.T) {
	all := files(t, built)
	for _, name := range []string{"index.html", "learn.html"} {
		page := all[name]
		policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
		// Browsers take frame-ancestors from a header alone.
		if policy == nil || html.UnescapeString(policy[1])+"; frame-ancestors 'none'" != site.Headers["Content-Security-Policy"] {
			t.Errorf("%s brings the policy %q, the header is %q", name, policy, site.Headers["Content-Security-Policy"])
		}
		for _, forbidden := range []string{`<style`, ` style=`, ` on[a-z]+="`, `<script>`, `<script type="module">`, `javascript:`, `https?://`, `src="//`} {
			if found := regexp.MustCompile(forbidden).FindString(page); found != "" {
				t.Errorf("%s has %s", name, found)
			}
		}
	}
	for name, content := range all {
		if !strings.HasPrefix(name, "main-") && !strings.HasPrefix(name, "learn-") && !strings.HasPrefix(name, "theme-") {
			continue
		}
		for _, forbidden := range []string{`\beval\(`, `new Function`, `https?://`, `@import`} {
			if found := regexp.MustCompile(forbidden).FindString(content); found != "" {
				t.Errorf("%s has %s", name, found)
			}
		}
	}
}

func TestIcons(t *testing.T) {
	all := files(t, built)
	var m struct {
		Icons []struct{ Src, Sizes, Type, Purpose string }
	}
	if err := json.Unmarshal([]byte(all["manifest.webmanifest"]), &m); err != nil {
		t.Fatal(err)
	}
	purposes := map[string]bool{}
	for _, icon := range m.Icons {
		purposes[icon.Purpose] = true
		if icon.Type != "image/png" {
			if all[icon.Src] == "" {
				t.Errorf("%s is missing", icon.Src)
			}
			continue
		}
		img, err := png.Decode(strings.NewReader(all[icon.Src]))
		if err != nil {
			t.Fatalf("%s: %v", icon.Src, err)
		}
		if want, _, _ := strings.Cut(icon.Sizes, "x"); img.Bounds().Dx() != img.Bounds().Dy() || want != strconv.Itoa(img.Bounds().Dx()) {
			t.Errorf("%s is %v, the manifest says %s", icon.Src, img.Bounds(), icon.Sizes)
		}
		if _, _, _, a := img.At(0, 0).RGBA(); (a == 0xffff) != (icon.Purpose == "maskable") {
			t.Errorf("%s: a corner's opacity is %d", icon.Src, a)
		}
	}
	if !purposes["maskable"] || !purposes[""] {
		t.Error("a maskable icon and one of any purpose are wanted")
	}
}

func TestPayload(t *testing.T) {
	_, compressed, err := site.Payload(io.Discard, built)
	if err != nil {
		t.Fatal(err)
	}
	if compressed > site.MaxPayload {
		t.Errorf("%d bytes besides the model, at most %d are allowed: run 'make size'", compressed, site.MaxPayload)
	}
}
