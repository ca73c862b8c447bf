// Package site builds and serves roentgo's page: an installable app that works
// offline after its first visit.
//
// A built site is a folder for any static host. index.html, learn.html, sw.js,
// manifest.webmanifest and the icons keep their names; scripts, styles and the
// library (package internal/pack) carry a hash of their content in theirs, so that
// an index.html never meets files of another version. The model lies in model/
// as a manifest, whose SHA-256 index.html pins, and its pieces.
//
// # Headers
//
// No header is required: index.html brings its Content-Security-Policy in a
// meta element, and from the second visit on the service worker answers with
// all of [Headers]. A server that can send headers should send those, which
// also makes the first visit cross-origin isolated, so that threads work.
// HEADERS.md has them in the words of several hosts.
package site

import "strings"

//go:generate go run ./strip -out strip.jpg

// contentSecurityPolicy allows the site's own files and WebAssembly, and
// nothing inline, evaluated or of another origin. blob: is for images that the
// page made.
var contentSecurityPolicy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"style-src 'self'",
	"img-src 'self' blob: data:",
	"connect-src 'self'",
	"worker-src 'self'",
	"manifest-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
}, "; ")

// Headers are what a server should send with every file, and what the service
// worker sends.
var Headers = map[string]string{
	"Content-Security-Policy":      contentSecurityPolicy + "; frame-ancestors 'none'", // which a meta element cannot say
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
}
