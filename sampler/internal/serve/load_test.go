package serve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
)

// load is what the clients of TestLoad got.
type load struct {
	made, full, left, wrong atomic.Int64 // images, answers with status 429, requests that their client left, and all else
	waited                  atomic.Int64 // nanoseconds for images, all together
	longest                 atomic.Int64 // nanoseconds for a 429
}

// ask sends one request and reads its answer: whether it was one that is right.
func (l *load) ask(t *testing.T, client *http.Client, url, accept string, leaves bool) bool {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if leaves {
		defer time.AfterFunc(20*time.Millisecond, cancel).Stop()
	}
	r, err := http.NewRequestWithContext(ctx, "POST", url+"/v1/images", strings.NewReader(`{"prompt":"effusion","steps":1}`))
	if err != nil {
		t.Error(err)
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	began := time.Now()
	status, text := 0, []byte(nil)
	w, err := client.Do(r)
	if err == nil {
		status = w.StatusCode
		text, err = io.ReadAll(w.Body)
		w.Body.Close()
	}
	switch {
	case leaves && errors.Is(err, context.Canceled):
		l.left.Add(1)
	case err == nil && status == http.StatusOK && strings.Contains(string(text), `"png":"`):
		l.made.Add(1)
		l.waited.Add(int64(time.Since(began)))
	case err == nil && status == http.StatusTooManyRequests:
		l.full.Add(1)
		for took := int64(time.Since(began)); ; {
			if was := l.longest.Load(); took <= was || l.longest.CompareAndSwap(was, took) {
				break
			}
		}
		time.Sleep(100 * time.Millisecond) // less than Retry-After asks for
	default:
		l.wrong.Add(1)
		t.Errorf("after %v: %d, %v: %.200s", time.Since(began), status, err, text)
		return false
	}
	return true
}

// TestLoad has 200 clients ask at once, for some seconds, or for five minutes
// where ROENTGO_SOAK is set: half for JSON, half for events, and every fifth
// leaves early. No answer but images and status 429, and flat memory.
func TestLoad(t *testing.T) {
	lasts := 3 * time.Second
	if os.Getenv("ROENTGO_SOAK") != "" {
		lasts = 5 * time.Minute
	}
	h := start(t, usual(samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
	defer client.CloseIdleConnections()
	var l load
	run := func(d time.Duration) uint64 {
		var all sync.WaitGroup
		until := time.Now().Add(d)
		for i := range 200 {
			all.Go(func() {
				accept := []string{"application/json", eventStream}[i%2]
				for time.Now().Before(until) && l.ask(t, client, h.URL, accept, i%5 == 0) {
				}
			})
		}
		all.Wait()
		h.wait(t, 0)
		client.CloseIdleConnections()
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	before := run(lasts / 3)
	after := run(lasts - lasts/3)
	made := l.made.Load()
	t.Logf("%v: %d images (%.1f/s, %v each with the wait), %d times 429 (the slowest after %v), %d left, %d wrong; heap in use %d KiB after a third, %d KiB at the end; %d goroutines",
		lasts, made, float64(made)/lasts.Seconds(), time.Duration(l.waited.Load()/max(made, 1)).Round(time.Millisecond), l.full.Load(), time.Duration(l.longest.Load()).Round(time.Millisecond), l.left.Load(), l.wrong.Load(), before>>10, after>>10, runtime.NumGoroutine())
	if made == 0 || l.full.Load() == 0 || l.left.Load() == 0 {
		t.Error("the load was none")
	}
	if after > before+before/2+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}
