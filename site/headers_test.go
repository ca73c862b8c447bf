package site_test

import (
	"bufio"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/roentgo/roentgo/site"
)

// sent are the headers that a strict server sends with the page, but for those
// that describe the file.
func sent(t *testing.T, get func() http.Header) map[string]string {
	t.Helper()
	list := map[string]string{}
	for name, values := range get() {
		switch name {
		case "Accept-Ranges", "Content-Length", "Content-Type", "Date", "Last-Modified", "Vary":
		default:
			list[name] = strings.Join(values, ", ")
		}
	}
	return list
}

// TestHeadersAreListed reads HEADERS.md: what it has each host send is what
// Handler sends, no more and no less.
func TestHeadersAreListed(t *testing.T) {
	text, err := os.ReadFile("HEADERS.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<p>page</p>"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := sent(t, func() http.Header {
		w := httptest.NewRecorder()
		site.Handler(dir, true).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Header()
	})
	for name, value := range site.Headers {
		if want[name] != value {
			t.Errorf("the server sends %s: %q, want %q", name, want[name], value)
		}
	}
	for host, line := range map[string]string{
		"nginx": `add_header ([A-Za-z-]+) "([^"]*)" always;`,
		"caddy": `\t([A-Za-z-]+) "([^"]*)"`,
		"text":  `  ([A-Za-z-]+): (.*)`, // Netlify and Cloudflare Pages
	} {
		block := regexp.MustCompile("(?s)```" + host + "\n(.*?)```").FindSubmatch(text)
		if block == nil {
			t.Errorf("HEADERS.md has nothing for %s", host)
			continue
		}
		listed := map[string]string{}
		for _, m := range regexp.MustCompile("(?m)^"+line+"$").FindAllSubmatch(block[1], -1) {
			listed[string(m[1])] = string(m[2])
		}
		if !maps.Equal(listed, want) {
			t.Errorf("for %s it lists %q\nthe server sends %q", host, listed, want)
		}
	}
	csp := want["Content-Security-Policy"]
	for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(csp, directive) {
			t.Errorf("the policy lacks %s: %s", directive, csp)
		}
	}
	if want["X-Content-Type-Options"] != "nosniff" || want["Cross-Origin-Opener-Policy"] != "same-origin" || want["Cross-Origin-Embedder-Policy"] != "require-corp" {
		t.Errorf("the page may be sniffed, or is not isolated: %q", want)
	}
	if !strings.Contains(string(text), "## GitHub Pages") {
		t.Error("HEADERS.md has nothing for GitHub Pages")
	}
}

// TestServe runs the command of 'make site-serve': it sends the strict
// headers unless it is asked for none.
func TestServe(t *testing.T) {
	program := filepath.Join(t.TempDir(), "serve")
	if out, err := exec.Command("go", "build", "-o", program, "./serve").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, plain := range []bool{false, true} {
		args := []string{"-addr", "localhost:0", built}
		if plain {
			args = append([]string{"-plain"}, args...)
		}
		c := exec.CommandContext(t.Context(), program, args...)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		address, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got := sent(t, func() http.Header {
			r, err := http.Get(strings.TrimSpace(address))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			return r.Header
		})
		for name, value := range site.Headers {
			if (got[name] == value) == plain {
				t.Errorf("plain %t: %s is %q", plain, name, got[name])
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
	}
	if c := exec.Command(program, built, built); c.Run() == nil || c.ProcessState.ExitCode() != 2 {
		t.Errorf("two folders end it with %d, want 2", c.ProcessState.ExitCode())
	}
	if c := exec.Command(program, t.TempDir()); c.Run() == nil || c.ProcessState.ExitCode() != 1 {
		t.Errorf("a folder without a site ends it with %d, want 1", c.ProcessState.ExitCode())
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
