//go:build !js

package browsertest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"
)

// types are the MIME types that matter to a browser.
var types = map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript", ".wasm": "application/wasm",
	".json": "application/json", ".css": "text/css", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png"}

// Server is a static host that can be made to misbehave.
type Server struct {
	*httptest.Server
	// Isolate sends the headers of cross-origin isolation.
	Isolate bool
	// NoRanges answers every request with the whole file.
	NoRanges bool

	mu    sync.Mutex
	pages map[string]string
	hits  map[string]int
	fault func(w http.ResponseWriter, r *http.Request) bool
}

// Serve serves the files of folders, the first that has one, by their paths;
// pages are files by themselves. It ends with the test.
func Serve(t testing.TB, pages map[string]string, folders ...string) *Server {
	t.Helper()
	s := &Server{hits: map[string]int{}, pages: maps.Clone(pages)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.hits[r.URL.Path]++
		fault := s.fault
		text, isPage := s.pages[r.URL.Path]
		s.mu.Unlock()
		if s.Isolate {
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
			w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		}
		if kind := types[path.Ext(r.URL.Path)]; kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		if fault != nil && fault(w, r) {
			return
		}
		if s.NoRanges {
			r.Header.Del("Range")
		}
		if isPage {
			if path.Ext(r.URL.Path) == "" {
				w.Header().Set("Content-Type", types[".html"])
			}
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
			return
		}
		for _, f := range folders {
			file, err := http.Dir(f).Open(r.URL.Path)
			if err != nil {
				continue
			}
			defer file.Close()
			if st, err := file.Stat(); err == nil && !st.IsDir() {
				http.ServeContent(w, r, st.Name(), st.ModTime(), file)
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Server.Close)
	return s
}

// Pages adds files, and replaces those of the same path.
func (s *Server) Pages(pages map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.pages, pages)
}

// Fault makes f look at each request first; it answers it where it returns
// true. nil: no more.
func (s *Server) Fault(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Hits reports how often a path was asked for since the last Reset.
func (s *Server) Hits(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hits[path]
}

// Requests reports how often every path was asked for since the last Reset.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int{}
	for p, n := range s.hits {
		all[p] = n
	}
	return all
}

// Reset forgets the requests so far.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits = map[string]int{}
}
