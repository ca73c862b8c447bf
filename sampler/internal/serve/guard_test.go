package serve

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestHeaders looks at every kind of answer: each has the headers, and each that is
// no success says why as JSON.
func TestHeaders(t *testing.T) {
	o := usual(newSlow())
	o.Token = "0123456789abcdef"
	h := start(t, o)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 200, ""}, {"HEAD", "/", 200, ""}, {"GET", "/page.js", 200, ""}, {"GET", "/page.css", 200, ""},
		{"GET", "/openapi.json", 200, ""}, {"GET", "/healthz", 200, ""}, {"GET", "/metrics", 401, ""}, {"POST", "/v1/images", 401, ""},
		{"GET", "/nothing", 404, ""}, {"POST", "/nothing", 404, ""}, {"GET", "/v1/images/", 404, ""}, {"GET", "/page/index.html", 404, ""},
		{"GET", "/v1/images", 405, "POST"}, {"OPTIONS", "/v1/images", 405, "POST"}, {"PUT", "/", 405, "GET, HEAD"},
		{"POST", "/healthz", 405, "GET, HEAD"}, {"DELETE", "/metrics", 405, "GET, HEAD"}, {"TRACE", "/openapi.json", 405, "GET, HEAD"},
	} {
		w, text := ask(t, c.method, h.URL+c.path, "")
		if w.StatusCode != c.status || w.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q; want %d, %q", c.method, c.path, w.StatusCode, w.Header.Get("Allow"), c.status, c.allow)
		}
		for name, value := range headers {
			if w.Header.Get(name) != value {
				t.Errorf("%s %s: %s: %q", c.method, c.path, name, w.Header.Get(name))
			}
		}
		for name := range w.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s %s has %s", c.method, c.path, name)
			}
		}
		var r refusal
		if c.status >= 400 && (json.Unmarshal([]byte(text), &r) != nil || r.Status != c.status || r.Text == "") {
			t.Errorf("%s %s: %s", c.method, c.path, text)
		}
	}
	w, _ := ask(t, "GET", h.URL+"/%2e%2e/healthz", "") // a redirect of the mux, or what it leads to
	if w.Header.Get("X-Content-Type-Options") == "" {
		t.Errorf("%d without the headers", w.StatusCode)
	}
}

// TestRebinding asks by names that a page of another host could have and that lead
// to this machine.
func TestRebinding(t *testing.T) {
	h := start(t, usual(newSlow()))
	port := h.URL[strings.LastIndex(h.URL, ":"):]
	for _, path := range []string{"/", "/healthz", "/metrics", "/openapi.json", "/v1/images", "/nothing"} {
		for _, host := range []string{"evil.example" + port, "evil.example", "127.0.0.1.evil.example" + port, "localhost.evil.example", "0.0.0.0" + port, "192.0.2.1", "[2001:db8::1]" + port} {
			if w, text := ask(t, "GET", h.URL+path, "", "Host", host); w.StatusCode != 403 {
				t.Errorf("%s at the name %s: %d, %.100s", path, host, w.StatusCode, text)
			}
		}
	}
	for _, host := range []string{"localhost", "LOCALHOST" + port, "127.0.0.1" + port, "127.8.8.8", "[::1]" + port} {
		if w, text := ask(t, "GET", h.URL+"/healthz", "", "Host", host); w.StatusCode != 200 {
			t.Errorf("at the name %s: %d, %s", host, w.StatusCode, text)
		}
	}
}

// TestOrigins asks as pages of other hosts do, before the request and with it.
func TestOrigins(t *testing.T) {
	o := usual(newSlow())
	o.Token, o.Origins = "0123456789abcdef", []string{"https://friend.example"}
	h := start(t, o)
	preflight := func(origin string) []string {
		return []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type"}
	}
	w, _ := ask(t, "OPTIONS", h.URL+"/v1/images", "", preflight("https://friend.example")...)
	if w.StatusCode != 204 || w.Header.Get("Access-Control-Allow-Origin") != "https://friend.example" || !strings.Contains(w.Header.Get("Access-Control-Allow-Methods"), "POST") ||
		!strings.Contains(w.Header.Get("Access-Control-Allow-Headers"), "Authorization, Content-Type") || w.Header.Get("Vary") != "Origin" {
		t.Errorf("preflight: %d, %v", w.StatusCode, w.Header)
	}
	w, _ = ask(t, "POST", h.URL+"/v1/images", "{}", "Origin", "https://friend.example", "Authorization", "Bearer "+o.Token)
	if w.StatusCode != 400 || w.Header.Get("Access-Control-Allow-Origin") != "https://friend.example" || w.Header.Get("Access-Control-Expose-Headers") != "Retry-After" {
		t.Errorf("the request: %d, %v", w.StatusCode, w.Header)
	}
	for _, origin := range []string{"https://evil.example", "http://friend.example", "https://friend.example.evil.example", "null"} {
		w, _ := ask(t, "OPTIONS", h.URL+"/v1/images", "", preflight(origin)...)
		got, _ := ask(t, "POST", h.URL+"/v1/images", "{}", "Origin", origin, "Authorization", "Bearer "+o.Token)
		if w.StatusCode != 405 || got.StatusCode != 403 || w.Header.Get("Access-Control-Allow-Origin")+got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: preflight %d, request %d, %v", origin, w.StatusCode, got.StatusCode, got.Header)
		}
	}
}
