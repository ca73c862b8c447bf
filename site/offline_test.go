package site_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/site"
)

const kept = `document.getElementById("offline-state").textContent.includes("opens without a network")`

// TestFirstVisitThenOffline goes from a first visit to an image, then stops
// the server and does it again. In between no other origin is asked for
// anything, by the page, its workers or its service worker.
func TestFirstVisitThenOffline(t *testing.T) {
	log := filepath.Join(t.TempDir(), "net.json")
	b := browsertest.Open(t, "log-net-log="+log)
	h := serve(built)
	defer h.Close()

	p := open(t, b, h.URL+"/")
	p.click("#download")
	p.wait(ready)
	p.make("pleural effusion", "1", 2, 1)
	p.wait(kept)
	installable, err := chromedp.Call(p.Context(), page.GetInstallabilityErrors, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range installable.InstallabilityErrors {
		t.Errorf("it cannot be installed: %s", e.ErrorID)
	}
	if where := p.text("store-where"); !strings.HasPrefix(where, "Kept on this device") {
		t.Errorf("the model is: %s", where)
	}
	p.clean()
	p.Page.Close()

	h.Close()
	q := open(t, b, h.URL+"/")
	q.wait(ready) // without being asked
	q.want("crossOriginIsolated")
	q.make("pneumothorax", "2", 2, 1)
	q.want(`document.querySelectorAll("#gallery li").length === 2`)
	r := open(t, b, h.URL+"/index.html?from=somewhere")
	r.wait(ready)
	r.clean()
	q.clean()

	origin := h.URL
	b.Close()
	for _, r := range requests(t, log) {
		if strings.HasPrefix(r.initiator, origin) && !strings.HasPrefix(r.url, origin+"/") && !strings.HasPrefix(r.url, "blob:"+origin+"/") {
			t.Errorf("%s was asked for", r.url)
		}
	}
}

// mostOpening is what opening the page may cost, in bytes as they are sent.
const mostOpening = 150_000

// counter counts the bytes of each path that a host sends.
type counter struct {
	sync.Mutex
	bytes map[string]int
	times map[string]int // of whole files
}

func (c *counter) counts(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&counted{w, c, r.URL.Path}, r)
	})
}

type counted struct {
	http.ResponseWriter
	of   *counter
	path string
}

func (w *counted) WriteHeader(status int) {
	w.ResponseWriter.WriteHeader(status)
	w.of.Lock()
	defer w.of.Unlock()
	if status == http.StatusOK {
		w.of.times[w.path]++
	}
}

func (w *counted) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.of.Lock()
	defer w.of.Unlock()
	w.of.bytes[w.path] += n
	return n, err
}

// TestOpeningCostsLittle opens the page and asks for nothing: an X-ray is in sight,
// and neither the engine nor the model is fetched. Then it asks: no file comes twice.
func TestOpeningCostsLittle(t *testing.T) {
	c := &counter{bytes: map[string]int{}, times: map[string]int{}}
	h := serve(built)
	defer h.Close()
	h.deploy(c.counts(site.Handler(built, false)))
	p := open(t, browsertest.Open(t), h.URL+"/")
	p.wait(`document.getElementById("download").textContent !== "Download"`)
	p.wait(`document.querySelector(".strip img").naturalWidth > 0`)
	if at := is[float64](p, `document.querySelector(".strip img").getBoundingClientRect().bottom / innerHeight`); at > 1 {
		t.Errorf("the strip ends at %.2f of the window's height", at)
	}
	time.Sleep(time.Second) // for what would come after
	c.Lock()
	sum := 0
	for path, n := range c.bytes {
		sum += n
		if strings.Contains(path, ".wasm") || strings.Contains(path, "/model/pieces/") || strings.HasSuffix(path, "/sw.js") {
			t.Errorf("opening the page fetched %s", path)
		}
	}
	c.Unlock()
	if t.Logf("%d bytes", sum); sum > mostOpening {
		t.Errorf("opening the page costs %d bytes, at most %d are allowed: %v", sum, mostOpening, c.bytes)
	}
	p.want(`!(await navigator.serviceWorker.getRegistration())`)

	says := p.text("download")
	p.click("#download")
	p.wait(ready)
	p.wait(kept)
	c.Lock()
	defer c.Unlock()
	sum = 0
	for path, n := range c.bytes {
		if strings.HasSuffix(path, ".wasm") || strings.Contains(path, "/model/pieces/") {
			sum += n
		}
	}
	if want := fmt.Sprintf("Download · %.1f\u00a0MB", float64(sum)/1e6); says != want {
		t.Errorf("the first visit says %q, want %q", says, want)
	}
	for path, n := range c.times {
		if n > 1 && c.bytes[path] > 4096 {
			t.Errorf("%s came %d times, %d bytes in all", path, n, c.bytes[path])
		}
	}
}

// TestDownloadSaysTimeLeft downloads over a slow line.
func TestDownloadSaysTimeLeft(t *testing.T) {
	h := serve(built)
	defer h.Close()
	whole := *h.handler.Load()
	h.deploy(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/model/pieces/") {
			time.Sleep(1500 * time.Millisecond)
		}
		whole.ServeHTTP(w, r)
	}))
	p := open(t, browsertest.Open(t), h.URL+"/")
	p.click("#download")
	p.wait(`/^Downloading, [0-9.]+.MB of 8.4.MB, about [0-9]+ s left$/.test(document.getElementById("download-label").textContent)`)
	p.wait(ready)
}

type request struct{ url, initiator string }

// requests reads those that a browser logged (netlog's URL_REQUEST_START_JOB).
func requests(t *testing.T, log string) (list []request) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var l struct {
		Constants struct{ LogEventTypes map[string]int }
		Events    []struct {
			Type   int
			Params struct{ URL, Initiator string }
		}
	}
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, e := range l.Events {
		if e.Type == l.Constants.LogEventTypes["URL_REQUEST_START_JOB"] && e.Params.URL != "" {
			list = append(list, request{e.Params.URL, e.Params.Initiator})
			if strings.Contains(e.Params.URL, "/model/pieces/") {
				own++
			}
		}
	}
	if own == 0 {
		t.Fatal("the log lacks even the model's pieces")
	}
	return list
}

// TestPlainHTTP visits a host without TLS, where a browser has neither service
// workers nor storage for files: it works as long as the page is open.
func TestPlainHTTP(t *testing.T) {
	b := browsertest.Open(t, "host-resolver-rules=MAP plain.test 127.0.0.1")
	h := serve(built)
	defer h.Close()
	p := open(t, b, strings.Replace(h.URL, "127.0.0.1", "plain.test", 1)+"/")
	p.want("!isSecureContext")
	p.make("pleural effusion", "1", 1, 1)
	if where := p.text("store-where"); !strings.HasPrefix(where, "In memory alone") || p.text("store-reason") == "" {
		t.Errorf("the model is: %s (%s)", where, p.text("store-reason"))
	}
	if says := p.text("offline-state"); !strings.Contains(says, "with a network alone") {
		t.Errorf("the page says %q", says)
	}
	p.click("#copy-link")
	p.wait(`document.getElementById("link-dialog").open`)
	if link := is[string](p, `document.getElementById("link-text").value`); !strings.Contains(link, "#prompt=pleural+effusion&") {
		t.Errorf("the link is %s", link)
	}
	p.key(kb.Escape)
	p.click("#remove")
	p.click("#confirm-yes")
	p.wait(`document.getElementById("note").textContent === "All is removed from this device."`)
}

// edited builds the site from sources in which some texts are others.
func edited(t *testing.T, edits ...string) string {
	t.Helper()
	dir := t.TempDir()
	source, out := filepath.Join(dir, "source"), filepath.Join(dir, "site")
	if err := os.CopyFS(filepath.Join(source, "site"), os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	replace := strings.NewReplacer(edits...)
	for _, name := range []string{"index.html", "style/tokens.css", "app/speak.js"} {
		path := filepath.Join(source, "site", name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(replace.Replace(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := site.Build(t.Context(), out, site.Options{Root: source, Library: library}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestUpdate deploys a new version: the page stays at its own, all of it,
// until it may take the new one, all of it. A deployment that is half
// done is never taken.
func TestUpdate(t *testing.T) {
	next := edited(t, "Describe the X-ray", "Say what to draw", "--accent: #07655f", "--accent: #07605f", "textContent = text", "textContent = `${text}`")
	last := edited(t, "Describe the X-ray", "Say much more", "--accent: #07655f", "--accent: #07505f", "textContent = text", "textContent = String(text)")
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()

	p := open(t, b, h.URL+"/")
	p.click("#download")
	p.wait(ready)
	p.wait(kept)
	p.Run(chromedp.Reload())
	q := open(t, b, h.URL+"/")
	first := p.scripts()
	firstCaches := is[[]string](p, "caches.keys()")

	// Half deployed: the new service worker beside old files.
	half := site.Handler(next, false)
	old := site.Handler(built, false)
	h.deploy(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sw.js" {
			half.ServeHTTP(w, r)
			return
		}
		old.ServeHTTP(w, r)
	}))
	failed := is[bool](p, `navigator.serviceWorker.getRegistration().then(r => r.update()).then(r => new Promise(resolve => {
		const w = r.installing;
		if (!w) return resolve(r.waiting === null);
		w.addEventListener("statechange", () => { if (w.state === "redundant") resolve(true); if (w.state === "installed") resolve(false); });
	}), () => true)`)
	if !failed {
		t.Error("half a deployment was taken")
	}
	p.Run(chromedp.Reload())
	if now := p.scripts(); now != first {
		t.Errorf("the page is %s, it was %s", now, first)
	}
	p.want(`document.getElementById("update").hidden`)
	// The reload tried it once more: what that kept is gone when it has failed.
	p.wait(fmt.Sprintf("(await caches.keys()).length === %d", len(firstCaches)))

	// Deployed: offered, and not taken.
	h.deploy(half)
	p.Run(chromedp.Reload())
	p.wait(`!document.getElementById("update").hidden`)
	if now := p.scripts(); now != first {
		t.Errorf("the page is %s before it was asked to change, it was %s", now, first)
	}
	p.want(`document.getElementById("composer-title").textContent === "Describe the X-ray"`)

	// Taken, by every tab.
	p.set("prompt", "half a sentence")
	p.click("#update-now")
	for _, x := range []*tab{p, q} {
		x.waitAcross(`document.getElementById("composer-title")?.textContent === "Say what to draw"`)
		if now := x.scripts(); now == first || strings.Count(now, ".") < 3 {
			t.Errorf("the page is %s, it was %s", now, first)
		}
	}
	p.wait(`document.getElementById("prompt").value === "half a sentence"`)
	names := is[[]string](p, "caches.keys()")
	if len(names) != 2 {
		t.Errorf("there are caches %v, want one of the new version and the model's", names)
	}
	p.want(`getComputedStyle(document.documentElement).getPropertyValue("--accent") === "#07605f"`)

	// Another one, offered in a tab that is open, and offline afterwards.
	h.deploy(site.Handler(last, false))
	p.Must("await (await navigator.serviceWorker.getRegistration()).update();", nil)
	p.wait(`!document.getElementById("update").hidden`)
	h.Close()
	p.click("#update-now")
	p.waitAcross(`document.getElementById("composer-title")?.textContent === "Say much more"`)
}

// TestDamagedFileIsNotKept serves a file of the right name with another
// content.
func TestDamagedFileIsNotKept(t *testing.T) {
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	whole := *h.handler.Load()
	h.deploy(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/icon-512.png" {
			w.Write([]byte("something else"))
			return
		}
		whole.ServeHTTP(w, r)
	}))
	p := open(t, b, h.URL+"/")
	p.click("#download")
	p.wait(`document.getElementById("offline-state").textContent.includes("could not be kept")`)
	p.want(`(await caches.keys()).every(name => name.startsWith("roentgo-models"))`)
	p.Page.Close() // the console reports it, as it should
}

// TestTwoScopes has two copies of the app in two folders of one origin. Each
// keeps and removes its own alone; the model, which is the same, is there once.
func TestTwoScopes(t *testing.T) {
	b := browsertest.Open(t)
	mux := http.NewServeMux()
	for _, folder := range []string{"/a", "/b"} {
		mux.Handle(folder+"/", http.StripPrefix(folder, site.Handler(built, false)))
	}
	h := httptest.NewServer(mux)
	defer h.Close()
	first := open(t, b, h.URL+"/a/")
	first.click("#download")
	first.wait(ready)
	first.wait(kept)
	first.make("pleural effusion", "1", 1, 1)
	second := open(t, b, h.URL+"/b/")
	second.click("#download")
	second.wait(ready)
	second.wait(kept)
	if names := is[[]string](second, "await caches.keys()"); len(names) != 3 {
		t.Errorf("the caches of two copies are %q, want one each and one of models", names)
	}
	second.want(`document.querySelectorAll("#gallery li").length === 0`)
	second.click("#remove")
	second.click("#confirm-yes")
	second.wait(`document.getElementById("note").textContent === "All is removed from this device."`)
	for _, p := range []*tab{first, second} {
		p.clean()
		p.Page.Close()
	}
	h.Close()
	again := open(t, b, h.URL+"/a/")
	again.wait(ready)
	again.want(`document.querySelectorAll("#gallery li").length === 1`)
}

// TestRemove removes all that the page keeps.
func TestRemove(t *testing.T) {
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	p := open(t, b, h.URL+"/")
	p.click("#download")
	p.wait(ready)
	p.wait(kept)
	p.make("pleural effusion", "1", 1, 1)
	p.click("#theme-toggle")
	p.want(`localStorage.length > 0 && (await caches.keys()).length === 2 && (await indexedDB.databases()).length === 1`)
	p.click("#remove")
	p.click("#confirm-yes")
	p.wait(`document.getElementById("note").textContent === "All is removed from this device."`)
	p.want(`(await caches.keys()).length === 0`)
	p.want(`(await indexedDB.databases()).length === 0`)
	p.want(`(await navigator.serviceWorker.getRegistrations()).length === 0`)
	p.want(`localStorage.length === 0 && sessionStorage.length === 0`)
	p.want(`document.querySelectorAll("#gallery li").length === 0`)
	p.clean()
	p.Page.Close()

	// Space is given back once the page is closed.
	blank := b.Page(t, h.URL+"/icon.svg")
	left := math.Inf(1)
	for range 100 {
		usage, err := chromedp.Call(blank.Context(), storage.GetUsageAndQuota, storage.GetUsageAndQuotaParams{Origin: h.URL})
		if err != nil {
			t.Fatal(err)
		}
		if left = usage.Usage; left < 1<<20 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if left >= 1<<20 {
		t.Errorf("%.0f bytes are left on the device", left)
	}
	// The next visit is a first one; Make has what it needs downloaded.
	q := open(t, b, h.URL+"/")
	if says := q.text("download"); !strings.HasPrefix(says, "Download") {
		t.Errorf("the next visit begins with %q", says)
	}
	q.want(`document.querySelectorAll("#gallery li").length === 0`)
	q.make("pleural effusion", "1", 1, 1)
}
