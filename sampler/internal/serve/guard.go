package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// headers are those of every answer.
var headers = map[string]string{
	"Cache-Control":                "no-store",
	"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

// guarded puts the headers on every answer, refuses who may not ask, and writes
// each request to the log and the metrics.
func (s *Server) guarded(h *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		c := http.NewResponseController(w)
		c.SetReadDeadline(began.Add(s.times.read))
		c.SetWriteDeadline(began.Add(s.times.write))
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		_, pattern := h.Handler(r) // of a bounded number, unlike paths
		seen := &recorder{ResponseWriter: w, status: http.StatusOK}
		if s.admits(seen, r) {
			h.ServeHTTP(seen, r)
		}
		s.metrics.requests.WithLabelValues(pattern, strconv.Itoa(seen.status)).Inc()
		s.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("route", pattern), slog.Int("status", seen.status), slog.Duration("took", time.Since(began)))
	})
}

// admits answers what must not reach the handlers: other hosts' pages, and
// names by which they could pass for this host (DNS rebinding).
func (s *Server) admits(w http.ResponseWriter, r *http.Request) bool {
	if s.Token == "" && !IsLoopback(r.Host) {
		fail(w, refuse(http.StatusForbidden, "this server answers to localhost alone (to a page at another name it needs a token)"))
		return false
	}
	origin := r.Header.Get("Origin")
	named := origin != "" && slices.Contains(s.Origins, origin)
	if len(s.Origins) > 0 {
		w.Header().Set("Vary", "Origin")
	}
	if named {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if named && r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
		w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		w.Header().Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
		return false
	}
	if err := s.trusted.Check(r); err != nil {
		fail(w, refuse(http.StatusForbidden, "pages of this origin may not use this server"))
		return false
	}
	return true
}

// IsLoopback reports whether an address, with or without a port, is one that
// only this machine reaches.
func IsLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// authorized lets those pass who have the token, if there is one.
func (s *Server) authorized(h http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(token)) // of one length, so that the comparison takes one time
		if s.Token != "" && (subtle.ConstantTimeCompare(got[:], want[:]) != 1 || !strings.EqualFold(scheme, "Bearer")) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, refuse(http.StatusUnauthorized, "the header Authorization must be Bearer and this server's token"))
			return
		}
		h.ServeHTTP(w, r)
	})
}

// recorder keeps the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
