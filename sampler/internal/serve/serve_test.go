package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
)

// usual are options of a server on a sampler.
func usual(s Sampler) Options {
	return Options{Sampler: s, Log: slog.New(slog.DiscardHandler),
		Limits: Limits{Queue: 2, Prompt: 100, Steps: 8, Count: 2, Timeout: time.Minute},
		Encode: func(w io.Writer, img *sampler.Image, _ int) error { return png.Encode(w, img.Gray()) }}
}

// running is a server that serves until the test ends.
type running struct {
	*Server
	URL   string
	end   context.CancelFunc
	ended chan error
}

// start serves; change changes what the server waits for.
func start(t *testing.T, o Options, change ...func(*times)) *running {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(&s.times)
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	r := &running{s, "http://" + l.Addr().String(), end, make(chan error, 1)}
	go func() { r.ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		end()
		r.ended <- <-r.ended // also for a test that took it
	})
	return r
}

// wait waits until that many requests wait or are worked on.
func (r *running) wait(t *testing.T, length int) {
	t.Helper()
	for range 1000 {
		if r.queue.length() == length {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d requests are in the queue, want %d", r.queue.length(), length)
}

// ask sends a request with headers, name and value in turns.
func ask(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w, string(text)
}

// slow is a sampler whose images take until their request ends.
type slow struct {
	begun, ended chan struct{}
	stuck        chan struct{} // where there is one, images end with it alone
}

func newSlow() slow { return slow{begun: make(chan struct{}, 9), ended: make(chan struct{}, 9)} }

func (s slow) Images(ctx context.Context, _ sampler.Request) iter.Seq2[*sampler.Image, error] {
	return func(yield func(*sampler.Image, error) bool) {
		s.begun <- struct{}{}
		if s.stuck != nil {
			<-s.stuck
		}
		<-ctx.Done()
		s.ended <- struct{}{}
		yield(nil, ctx.Err())
	}
}

func (slow) Settings(sampler.Request) (sampler.Settings, error) { return sampler.Settings{}, nil }
func (slow) CheckText(string, bool) error                       { return nil }
func (slow) UnknownWords(string) []string                       { return nil }
func (slow) ModelHash() string                                  { return "" }

// TestImages makes images as JSON and by events: the same file each time.
func TestImages(t *testing.T) {
	h := start(t, usual(samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})))
	const body = `{"prompt":"effusion zebra","seed":7,"steps":2,"guidance":1.5,"count":2}`
	w, text := ask(t, "POST", h.URL+"/v1/images", body)
	var result Result
	if err := json.Unmarshal([]byte(text), &result); err != nil || w.StatusCode != 200 {
		t.Fatalf("%d, %v: %s", w.StatusCode, err, text)
	}
	if len(result.Images) != 2 || result.Images[1].Seed != 8 || result.Images[0].Steps != 2 || result.Images[0].Guidance != 1.5 || len(result.ModelHash) != 64 || !strings.Contains(strings.Join(result.UnknownWords, " "), "zebra") {
		t.Errorf("%+v", result)
	}
	if _, err := png.Decode(bytes.NewReader(result.Images[1].PNG)); err != nil {
		t.Error(err)
	}
	_, events := ask(t, "POST", h.URL+"/v1/images", body, "Accept", eventStream)
	if want := "event: result\ndata: " + text + "\n"; strings.Count(events, "event: progress\n") < 4 || !strings.HasSuffix(events, want) {
		t.Errorf("events %.500q, want progress and the same result", events)
	}
	for name, value := range headers {
		if w.Header.Get(name) != value {
			t.Errorf("%s: %q", name, w.Header.Get(name))
		}
	}
	_, metrics := ask(t, "GET", h.URL+"/metrics", "")
	for _, want := range []string{"roentgo_images_total 4", `roentgo_requests_total{route="/v1/images",status="200"} 2`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
}

func TestRefused(t *testing.T) {
	h := start(t, usual(samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})))
	o := usual(newSlow())
	o.Token, o.Origins = "0123456789abcdef", []string{"https://friend.example"}
	guarded := start(t, o)
	const good = `{"prompt":""}`
	for _, c := range []struct {
		at, body string
		headers  []string
		status   int
		says     string
	}{
		{h.URL, `{}`, nil, 400, "prompt is missing"},
		{h.URL, `null`, nil, 400, "JSON object"},
		{h.URL, `[]`, nil, 400, "JSON object"},
		{h.URL, ``, nil, 400, "not JSON"},
		{h.URL, "{\"prompt\":\"\xff\"}", nil, 400, "UTF-8"},
		{h.URL, `{"prompt":"\ud800"}`, nil, 400, "surrogate"},
		{h.URL, `{"prompt":"a","prompt":"b"}`, nil, 400, "twice"},
		{h.URL, good + `{}`, nil, 400, "after"},
		{h.URL, `{"Prompt":""}`, nil, 400, "no field"},
		{h.URL, `{"prompt":null}`, nil, 400, "prompt must"},
		{h.URL, `{"prompt":"` + strings.Repeat("a", 101) + `"}`, nil, 400, "at most 100"},
		{h.URL, `{"prompt":"` + strings.Repeat("a ", 49) + `"}`, nil, 422, "tokens"},
		{h.URL, `{"prompt":"","negative":"` + strings.Repeat("a ", 49) + `"}`, nil, 422, "tokens"},
		{h.URL, `{"prompt":"","negative":4}`, nil, 400, "negative must"},
		{h.URL, `{"prompt":"","steps":9}`, nil, 400, "from 1 to 8"},
		{h.URL, `{"prompt":"","steps":0}`, nil, 400, "from 1 to 8"},
		{h.URL, `{"prompt":"","steps":1.5}`, nil, 400, "whole"},
		{h.URL, `{"prompt":"","count":3}`, nil, 400, "from 1 to 2"},
		{h.URL, `{"prompt":"","seed":-1}`, nil, 400, "seed must"},
		{h.URL, `{"prompt":"","seed":9007199254740993}`, nil, 400, "seed must"},
		{h.URL, `{"prompt":"","guidance":1e9}`, nil, 400, "guidance must"},
		{h.URL, `{"prompt":"","truncate":1}`, nil, 400, "truncate must"},
		{h.URL, `{"prompt":"` + strings.Repeat("a", int(usual(nil).Limits.body())) + `"}`, nil, 413, "more than"},
		{h.URL, good, []string{"Content-Type", "text/plain"}, 415, "application/json"},
		{h.URL, good, []string{"Content-Encoding", "gzip"}, 415, "Content-Encoding"},
		{h.URL, good, []string{"Host", "evil.example"}, 403, "localhost"},
		{h.URL, good, []string{"Origin", "https://evil.example"}, 403, "origin"},
		{h.URL, good, []string{"Sec-Fetch-Site", "cross-site"}, 403, "origin"},
		{guarded.URL, good, nil, 401, "Bearer"},
		{guarded.URL, good, []string{"Authorization", "Bearer 0123456789abcdee"}, 401, "Bearer"},
		{guarded.URL, good, []string{"Authorization", "Bearer 0123456789abcdef", "Origin", "https://evil.example"}, 403, "origin"},
		{guarded.URL, `{`, []string{"Authorization", "Bearer 0123456789abcdef", "Origin", "https://friend.example"}, 400, "not JSON"},
	} {
		w, text := ask(t, "POST", c.at+"/v1/images", c.body, c.headers...)
		var f refusal
		if err := json.Unmarshal([]byte(text), &f); err != nil || w.StatusCode != c.status || f.Status != c.status || !strings.Contains(f.Text, c.says) {
			t.Errorf("%.60s %q: %d, %s; want %d with %q", c.body, c.headers, w.StatusCode, text, c.status, c.says)
		}
	}
}

// TestQueue fills the queue; who leaves makes room, and what was made of it ends.
func TestQueue(t *testing.T) {
	for _, accept := range []string{"application/json", eventStream} {
		s := newSlow()
		h := start(t, usual(s))
		ctx, leave := context.WithCancel(t.Context())
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				r, _ := http.NewRequestWithContext(ctx, "POST", h.URL+"/v1/images", strings.NewReader(`{"prompt":""}`))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Accept", accept)
				w, err := http.DefaultClient.Do(r)
				if err == nil {
					_, err = io.Copy(io.Discard, w.Body)
				}
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		<-s.begun
		h.wait(t, 2)
		if w, text := ask(t, "POST", h.URL+"/v1/images", `{"prompt":""}`); w.StatusCode != 429 || w.Header.Get("Retry-After") == "" {
			t.Errorf("%d, %q: %s", w.StatusCode, w.Header.Get("Retry-After"), text)
		}
		leave()
		both.Wait()
		<-s.ended
		h.wait(t, 0)
	}
}

// TestTimeout gives a request less time than it needs.
func TestTimeout(t *testing.T) {
	o := usual(newSlow())
	o.Limits.Timeout = 20 * time.Millisecond
	h := start(t, o)
	if w, text := ask(t, "POST", h.URL+"/v1/images", `{"prompt":""}`); w.StatusCode != 503 || !strings.Contains(text, "longer") {
		t.Errorf("%d: %s", w.StatusCode, text)
	}
	if _, text := ask(t, "POST", h.URL+"/v1/images", `{"prompt":""}`, "Accept", eventStream); !strings.HasPrefix(text, "event: error\n") {
		t.Errorf("%q", text)
	}
}

// TestStop ends a server that works: who waits hears of it, and it is done within
// half a second.
func TestStop(t *testing.T) {
	slow := newSlow()
	h := start(t, usual(slow))
	var all sync.WaitGroup
	all.Go(func() {
		if w, text := ask(t, "POST", h.URL+"/v1/images", `{"prompt":""}`); w.StatusCode != 503 || !strings.Contains(text, "stops") {
			t.Errorf("%d: %s", w.StatusCode, text)
		}
	})
	<-slow.begun
	all.Go(func() {
		if _, text := ask(t, "POST", h.URL+"/v1/images", `{"prompt":""}`, "Accept", eventStream); !strings.HasPrefix(text, "event: error\n") || !strings.Contains(text, "stops") {
			t.Errorf("who waited read %q", text)
		}
	})
	h.wait(t, 2)
	began := time.Now()
	h.end()
	err := <-h.ended
	took := time.Since(began)
	h.ended <- err
	all.Wait()
	if err != nil || took > time.Second {
		t.Errorf("it stopped after %v: %v", took, err)
	}
	if _, err := http.Get(h.URL); err == nil {
		t.Error("it still answers")
	}
}

// TestStopsInTime has an image that does not end: the server ends nevertheless.
func TestStopsInTime(t *testing.T) {
	s := newSlow()
	s.stuck = make(chan struct{})
	defer close(s.stuck)
	h := start(t, usual(s))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		r, _ := http.NewRequestWithContext(ctx, "POST", h.URL+"/v1/images", strings.NewReader(`{"prompt":""}`))
		r.Header.Set("Content-Type", "application/json")
		http.DefaultClient.Do(r)
	}()
	<-s.begun
	began := time.Now()
	h.end()
	err := <-h.ended
	h.ended <- err
	if took := time.Since(began); err != nil || took > time.Second {
		t.Errorf("it stopped after %v: %v", took, err)
	}
}

// TestLogs looks for prompts in the log.
func TestLogs(t *testing.T) {
	for _, asked := range []bool{false, true} {
		var log bytes.Buffer
		o := usual(newSlow())
		o.Log, o.LogPrompts, o.Limits.Timeout = slog.New(slog.NewJSONHandler(&log, nil)), asked, time.Millisecond
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "http://localhost/v1/images", strings.NewReader(`{"prompt":"a secret"}`))
		r.Header.Set("Content-Type", "application/json")
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
		if strings.Contains(log.String(), "a secret") != asked || !strings.Contains(log.String(), `"status":503`) {
			t.Errorf("asked %t: %s", asked, &log)
		}
	}
}

// FuzzParse reads any body: a refusal, or a request within the limits.
func FuzzParse(f *testing.F) {
	l := Limits{Prompt: 100, Steps: 8, Count: 2}
	f.Add([]byte(`{"prompt":"effusion","negative":"","seed":7,"steps":2,"guidance":1.5,"count":2,"truncate":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := l.parse(data)
		if err != nil {
			if r, ok := errors.AsType[*refusal](err); !ok || r.Status != http.StatusBadRequest || r.Text == "" {
				t.Fatal(err)
			}
			return
		}
		if utf8.RuneCountInString(r.Prompt) > 100 || utf8.RuneCountInString(r.Negative) > 100 || r.Steps < 0 || r.Steps > 8 || r.Count < 1 || r.Count > 2 || r.Seed > maxSeed || r.Guidance != 0 && (r.Guidance < 1 || r.Guidance > 100) {
			t.Fatalf("%+v", r)
		}
	})
}
