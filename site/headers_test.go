package site_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/roentgo/roentgo/site"
)

// TestHeadersAreListed checks that HEADERS.md has each header, with its value,
// for each host that can send it.
func TestHeadersAreListed(t *testing.T) {
	text, err := os.ReadFile("HEADERS.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range site.Headers {
		for host, line := range map[string]string{"nginx": name + ` "` + value + `" always;`, "Caddy": "\t" + name + ` "` + value + `"`, "Netlify": "  " + name + ": " + value + "\n"} {
			if !strings.Contains(string(text), line) {
				t.Errorf("%s: HEADERS.md lacks %q", host, line)
			}
		}
	}
	if !strings.Contains(site.Headers["Content-Security-Policy"], "frame-ancestors 'none'") {
		t.Error("other sites may frame the page")
	}
}

// TestHandler asks for files as a browser does, with and without compression.
func TestHandler(t *testing.T) {
	dir := t.TempDir()
	html := strings.Repeat("<p>An X-ray</p>", 500)
	for name, content := range map[string]string{"index.html": html, "model/pieces/abc": html, "icon.png": html} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, strict := range []bool{false, true} {
		h := site.Handler(dir, strict)
		for _, c := range []struct {
			path, accept string
			coding       string
		}{
			{"/", "gzip, deflate, br, zstd", "br"}, {"/", "br;q=0, gzip", ""}, {"/", "", ""},
			{"/model/pieces/abc", "br", ""}, {"/icon.png", "br", ""},
		} {
			r := httptest.NewRequest(http.MethodGet, c.path, nil)
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			coding, body := w.Header().Get("Content-Encoding"), io.Reader(w.Body)
			if coding != c.coding || w.Code != http.StatusOK {
				t.Errorf("%s for %q: status %d, coding %q, want %q", c.path, c.accept, w.Code, coding, c.coding)
				continue
			}
			if coding == "br" {
				if w.Body.Len() > len(html)/10 {
					t.Errorf("%s has %d bytes of %d", c.path, w.Body.Len(), len(html))
				}
				body = brotli.NewReader(body)
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != html {
				t.Errorf("%s for %q is not the file (%v)", c.path, c.accept, err)
			}
			for name, value := range site.Headers {
				if got := w.Header().Get(name); (got == value) != strict {
					t.Errorf("%s, strict %t: %s is %q", c.path, strict, name, got)
				}
			}
		}
	}
	// A file that changes is compressed again.
	h := site.Handler(dir, true)
	get := func() string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", "br")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		text, err := io.ReadAll(brotli.NewReader(w.Body))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	get()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := get(); got != "new" {
		t.Errorf("after a change the file is still %d bytes", len(got))
	}
}
