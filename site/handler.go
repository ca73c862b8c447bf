package site

import (
	"net/http"
	"path"
	"strings"
)

// contentTypes has the type of each kind of file. With another type a browser
// compiles no WebAssembly and starts no worker, and each machine's own table
// differs.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
}

// contentType is that of a file by its name.
func contentType(name string) string {
	if t, ok := contentTypes[path.Ext(name)]; ok {
		return t
	}
	return "application/octet-stream"
}

// Handler serves a built site as a static host does: compressed where the
// browser takes that. strict makes it send [Headers] too.
func Handler(dir string, strict bool) http.Handler {
	files := compressing(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path
		if strings.HasSuffix(name, "/") {
			name += "index.html"
		}
		h := w.Header()
		h.Set("Content-Type", contentType(name))
		h.Set("Cache-Control", "no-cache")
		if strict {
			for k, v := range Headers {
				h.Set(k, v)
			}
		}
		files.ServeHTTP(w, r)
	})
}
