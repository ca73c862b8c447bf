package site_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/site"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// The journeys of a visitor, in Firefox: first visit, offline, weak line,
// history, compare, learn, and live drawing. wasm has the one of the element in a foreign page. Each has a host, and
// so an origin, of its own: the browser is one for all.

// foxTab is the page in a tab of Firefox.
type foxTab struct {
	visit
	*browsertest.FirefoxPage
}

// fox opens the page in Firefox.
func fox(t *testing.T, url string) *foxTab {
	t.Helper()
	p := browsertest.SharedFirefox(t).Page(t, url, watchPolicy)
	return &foxTab{visit{p, t}, p}
}

// clean closes the tab, and fails the test where its page complained of anything.
func (p *foxTab) clean() {
	p.t.Helper()
	for _, v := range is[[]string](p, "globalThis.violations") {
		p.t.Errorf("the page's policy was violated: %s", v)
	}
	for _, line := range p.Said() {
		p.t.Errorf("the page said: %s", line)
	}
	p.Close()
}

// TestFirefoxFirstVisitThenOffline goes from a first visit to an image, then
// stops the server and does it again.
func TestFirefoxFirstVisitThenOffline(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := fox(t, h.URL+"/")
	p.wait(`document.querySelector(".strip img").naturalWidth > 0`)
	p.load()
	p.make("pleural effusion", "1", 2, 1)
	p.want(chosen + ".naturalWidth === 256")
	p.wait(kept)
	p.clean()

	h.Close()
	q := fox(t, h.URL+"/")
	q.wait(ready) // without being asked
	q.want("crossOriginIsolated")
	q.make("pneumothorax", "2", 2, 1)
	q.want(`document.querySelectorAll("#gallery li").length === 2`)
	q.clean()
}

// TestFirefoxHistory makes two images, which are there after a reload.
func TestFirefoxHistory(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := fox(t, h.URL+"/")
	p.load()
	p.make("history one", "5", 1, 1)
	p.make("history two", "6", 1, 1)
	p.Reload()
	p.wait(`document.querySelectorAll("#gallery li").length === 2`)
	p.click("#gallery li:first-child button")
	if got := p.text("details-prompt"); got != "history two" {
		t.Errorf("the newest is %q", got)
	}
	p.wait(chosen + ".naturalWidth === 256")
	p.clean()
}

// TestFirefoxCompare makes an image, then another with a finding more by one click.
func TestFirefoxCompare(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := fox(t, h.URL+"/")
	p.load()
	p.make("PA chest x-ray, normal chest", "9", 2, 1)
	p.click("#compare-open")
	p.Must(finding("cardiomegaly")+`.click();`, nil)
	p.compared("PA chest x-ray. cardiomegaly")
	p.want(`document.getElementById("compare-b").ariaLabel === "Synthetic chest X-ray: PA chest x-ray. cardiomegaly, seed 9"`)
	p.clean()
}

// TestFirefoxLearn looks at a pair of the atlas and answers a question of the quiz.
func TestFirefoxLearn(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := fox(t, h.URL+"/learn.html")
	p.wait(`!document.getElementById("stuck")`)
	p.click("#model-load")
	p.wait(made)
	p.want(`document.querySelectorAll("#atlas-films canvas").length === 3`)
	p.click("#tab-quiz")
	p.answer(0)
	p.want(`document.getElementById("quiz-score").textContent.startsWith("Score: ")`)
	p.clean()
}

// TestFirefoxLive draws while somebody types.
func TestFirefoxLive(t *testing.T) {
	h := serve(built)
	defer h.Close()
	p := fox(t, h.URL+"/")
	p.click("#live")
	for _, words := range []string{"PA chest x-ray, normal chest", "PA chest x-ray showing pleural effusion"} {
		p.set("prompt", words)
		p.wait(`document.getElementById("live-image").alt === "Synthetic chest X-ray: ` + words + `"`)
	}
	p.want(`document.getElementById("live-image").naturalWidth === 256`)
	p.clean()
}

// weak is a host whose line, for the pieces of the model, is slow and breaks.
type weak struct {
	whole http.Handler
	each  time.Duration // for each write
	cut   int           // bytes after which a connection breaks; 0: none does

	mu   sync.Mutex
	sent int // bytes of pieces
}

func (l *weak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "/model/pieces/") {
		w = &weakWriter{ResponseWriter: w, line: l}
	}
	l.whole.ServeHTTP(w, r)
}

func (l *weak) bytes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent
}

type weakWriter struct {
	http.ResponseWriter
	line *weak
	had  int
}

// weakWrite is how much the line carries at once.
const weakWrite = 16 << 10

func (w *weakWriter) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		if w.line.cut > 0 && w.had >= w.line.cut {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		var m int
		m, err = w.ResponseWriter.Write(b[n:min(len(b), n+weakWrite)])
		w.ResponseWriter.(http.Flusher).Flush()
		n, w.had = n+m, w.had+m
		w.line.mu.Lock()
		w.line.sent += m
		w.line.mu.Unlock()
		time.Sleep(w.line.each)
	}
	return n, err
}

// TestFirefoxWeakLine downloads over a line that is cut after every 400 kB, less
// than half a piece, leaves in the middle and comes back: little comes twice, and
// the page says how far it is.
func TestFirefoxWeakLine(t *testing.T) {
	h := serve(built)
	defer h.Close()
	line := &weak{whole: site.Handler(built, false), each: 5 * time.Millisecond, cut: 400e3}
	h.deploy(line)
	p := fox(t, h.URL+"/")
	p.click("#download")
	p.wait(`/^Downloading, [3-9]\.[0-9].MB of 8\.4.MB/.test(document.getElementById("download-label").textContent)`)
	p.Close() // the console has the cuts

	before := line.bytes()
	q := fox(t, h.URL+"/")
	q.load()
	q.want(`document.getElementById("problem").textContent === ""`)
	total, second := line.bytes(), line.bytes()-before
	t.Logf("%d bytes in all, %d on the second visit", total, second)
	if size := len(shipped.File); second > size-2_500_000 || total > size*5/4 {
		t.Errorf("%d bytes were sent, %d of them on the second visit; the model has %d", total, second, size)
	}
	q.make("pleural effusion", "1", 1, 1)
	q.Close()
}
