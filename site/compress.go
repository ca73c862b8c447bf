package site

import (
	"bytes"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// compressible are the kinds of files that grow smaller: the model's pieces
// and pictures are compressed as they are.
var compressible = map[string]bool{".css": true, ".html": true, ".js": true, ".json": true, ".svg": true, ".txt": true, ".wasm": true, ".webmanifest": true}

// brotliQuality is one that compresses the program within a second.
const brotliQuality = 6

// maxCompressed is the largest file that is compressed, in bytes: it is held in
// memory.
const maxCompressed = 32 << 20

// compressing serves files, with brotli where the browser takes it. Each file
// is compressed once, until it changes.
func compressing(dir http.FileSystem) http.Handler {
	c := &compressor{dir: dir, made: map[string]compressedFile{}}
	plain := http.FileServer(dir)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path
		if strings.HasSuffix(name, "/") {
			name += "index.html"
		}
		if compressible[path.Ext(name)] {
			w.Header().Set("Vary", "Accept-Encoding")
			if accepts(r, "br") && r.Header.Get("Range") == "" {
				if f, ok := c.file(name); ok {
					w.Header().Set("Content-Encoding", "br")
					http.ServeContent(w, r, name, f.changed, bytes.NewReader(f.content))
					return
				}
			}
		}
		plain.ServeHTTP(w, r)
	})
}

// accepts reports whether the browser names a coding without refusing it.
func accepts(r *http.Request, coding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == coding && strings.TrimSpace(quality) != "q=0" {
			return true
		}
	}
	return false
}

type compressedFile struct {
	changed time.Time
	content []byte
}

type compressor struct {
	dir  http.FileSystem
	mu   sync.Mutex
	made map[string]compressedFile // by path
}

// file compresses a file. It returns false if the file is too large or unreadable.
func (c *compressor) file(name string) (compressedFile, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, err := c.dir.Open(name)
	if err != nil {
		return compressedFile{}, false
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.IsDir() || st.Size() > maxCompressed {
		return compressedFile{}, false
	}
	if made, ok := c.made[name]; ok && made.changed.Equal(st.ModTime()) {
		return made, true
	}
	content, err := compressed(f)
	if err != nil {
		return compressedFile{}, false
	}
	made := compressedFile{st.ModTime(), content}
	c.made[name] = made
	return made, true
}

// compressed is what a host sends of a file.
func compressed(f io.Reader) ([]byte, error) {
	var b bytes.Buffer
	z := brotli.NewWriterLevel(&b, brotliQuality)
	if _, err := io.Copy(z, f); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
