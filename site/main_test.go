package site_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/pack"
	"github.com/roentgo/roentgo/site"
)

// root is the repository.
const root = ".."

// library and built are folders of the library and of the site, made once for
// all tests. public serves the site; what a browser keeps of it stays from one
// test to the next.
var (
	library, built string
	public         *host
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "roentgo-site-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		library, built = filepath.Join(dir, "library"), filepath.Join(dir, "site")
		if err := pack.Build(context.Background(), root, library); err != nil {
			panic(err)
		}
		if err := site.Build(context.Background(), built, site.Options{Root: root, Library: library}); err != nil {
			panic(err)
		}
		public = serve(built)
		defer public.Close()
		defer browsertest.CloseShared()
		return m.Run()
	}())
}

// host is a static host whose folder can be changed, as a deployment does.
type host struct {
	*httptest.Server
	handler atomic.Pointer[http.Handler]
}

func serve(dir string) *host {
	h := new(host)
	h.deploy(site.Handler(dir, false))
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*h.handler.Load()).ServeHTTP(w, r)
	}))
	return h
}

func (h *host) deploy(handler http.Handler) { h.handler.Store(&handler) }

// without is a host that lacks the files whose path contains part.
func without(whole http.Handler, part string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, part) {
			http.NotFound(w, r)
			return
		}
		whole.ServeHTTP(w, r)
	})
}

// watchPolicy runs before the page's own scripts: it notes violations of the
// page's policy. watch also notes tasks that block the page for 50 ms or more,
// which Chromium alone reports.
const watchPolicy = `
globalThis.violations = [];
addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber));
`

const watch = watchPolicy + `
globalThis.longTasks = [];
new PerformanceObserver(list => longTasks.push(...list.getEntries().map(e => ({start: e.startTime, duration: e.duration})))).observe({type: "longtask", buffered: true});
`

// visit is the page in a tab of any browser, for what tests of all browsers do.
type visit struct {
	driven
	t *testing.T
}

// driven is a tab of a browser.
type driven interface {
	Must(body string, result any)
	Eval(ctx context.Context, body string, result any) error
	Click(selector string)
}

// tab is the page in a tab of Chromium.
type tab struct {
	visit
	*browsertest.Page
}

func tabOf(t *testing.T, p *browsertest.Page) *tab { return &tab{visit{p, t}, p} }

// open opens the page. Scripts run before its own. When the test ends, the
// page must have said nothing to its console and broken no policy.
func open(t *testing.T, b *browsertest.Browser, url string, scripts ...string) *tab {
	t.Helper()
	p := tabOf(t, b.Page(t, "about:blank"))
	for _, s := range append([]string{watch}, scripts...) {
		call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: s})
	}
	p.media("light", "screen")
	p.Run(chromedp.Navigate(url))
	t.Cleanup(func() {
		if p.Context().Err() != nil {
			return // it was closed
		}
		p.clean()
	})
	return p
}

// clean fails the test where the page complained of anything.
func (p *tab) clean() {
	p.t.Helper()
	// Not by Must: the test's own context has ended.
	violations, err := chromedp.Run(p.Context(), chromedp.Evaluate[[]string]("globalThis.violations ?? []"))
	if err != nil {
		p.t.Error(err)
	}
	for _, v := range violations {
		p.t.Errorf("the page's policy was violated: %s", v)
	}
	for _, line := range p.Said() {
		p.t.Errorf("the page said: %s", line)
	}
}

// wait waits until an expression is true in the page.
func (p *visit) wait(condition string) {
	p.t.Helper()
	p.Must(fmt.Sprintf(`
		const end = performance.now() + 180000; // a busy machine is slow, not wrong
		while (!(%s)) {
			if (performance.now() > end) throw new Error("still not: " + %q + "; problem: " + document.getElementById("problem").textContent);
			await new Promise(r => setTimeout(r, 20));
		}`, condition, condition), nil)
}

// waitAcross is wait while the page may be reloading.
func (p *visit) waitAcross(condition string) {
	p.t.Helper()
	var err error
	for range 600 {
		var so bool
		if err = p.Eval(p.t.Context(), "return Boolean("+condition+");", &so); so {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("still not: %s (%v)", condition, err)
}

// is evaluates an expression to a value of the page.
func is[T any](p driven, expression string) T {
	var v T
	p.Must("return ("+expression+");", &v)
	return v
}

// want fails the test where an expression is not true.
func (p *visit) want(condition string) {
	p.t.Helper()
	if !is[bool](p, condition) {
		p.t.Errorf("not so: %s", condition)
	}
}

func (p *visit) text(id string) string {
	p.t.Helper()
	return is[string](p, fmt.Sprintf("document.getElementById(%q).innerText.trim()", id))
}

func (p *visit) click(selector string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, selector))
	p.Click(selector)
}

// set fills a field as a person would, with its events.
func (p *visit) set(id, value string) {
	p.t.Helper()
	p.Must(fmt.Sprintf(`const e = document.getElementById(%q); e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true}));`, id, value), nil)
}

// key presses keys; see package kb for those without a character.
func (p *tab) key(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.Run(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// paste puts a text on the clipboard and pastes it into a field, over what is
// selected there.
func (p *tab) paste(id, text string) {
	p.t.Helper()
	p.Must(fmt.Sprintf(`
		const e = Object.assign(document.createElement("textarea"), {id: "clipboard", value: %q});
		document.body.append(e);
		globalThis.selection = [document.getElementById(%q).selectionStart, document.getElementById(%[2]q).selectionEnd];
		e.select();`, text, id), nil)
	p.command("copy")
	p.Must(fmt.Sprintf(`
		document.getElementById("clipboard").remove();
		const e = document.getElementById(%q);
		e.focus();
		e.setSelectionRange(...globalThis.selection);`, id), nil)
	p.command("paste")
}

// command has the browser do what a key of its own does, such as "paste".
func (p *tab) command(name string) {
	p.t.Helper()
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Commands: []string{name}})
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp})
}

// size sets the window's, in CSS pixels, each of scale pixels of the device.
func (p *tab) size(width, height int64, scale float64) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: scale})
}

// call calls a method of the DevTools protocol for the tab.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.Context(), command, params); err != nil {
		p.t.Fatal(err)
	}
}

// media emulates a colour scheme, a medium, and a reader who wants no motion: a
// click does not meet a page that scrolls.
func (p *tab) media(scheme, medium string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// loaded opens the page in the shared browser and has its model loaded.
func loaded(t *testing.T, scripts ...string) *tab {
	t.Helper()
	p := open(t, browsertest.Shared(t), public.URL+"/", scripts...)
	p.load()
	return p
}

// load waits for the model, and asks for it where this is the first visit.
func (p *visit) load() {
	p.t.Helper()
	p.wait(`document.getElementById("download").textContent !== "Download"`) // its script has run
	// At once: a model that is found on the device hides the button.
	p.Must(`const b = document.getElementById("download"); if (!b.hidden) b.click();`, nil)
	p.wait(ready)
}

const (
	ready = `document.getElementById("status-dot").dataset.state === "ready"`
	idle  = `document.getElementById("progress").hidden`
)

// make makes images of a prompt, quickly.
func (p *visit) make(prompt, seed string, steps, count int) {
	p.t.Helper()
	// Mark the earlier images: counting them fails, as the oldest may go meanwhile.
	p.Must(`for (const item of document.querySelectorAll("#gallery li")) item.dataset.earlier = "";`, nil)
	p.set("prompt", prompt)
	p.set("seed", seed)
	p.set("steps", fmt.Sprint(steps))
	p.set("guidance", "1") // half the work
	p.set("count", fmt.Sprint(count))
	p.click("#make")
	p.wait(fmt.Sprintf(`document.querySelectorAll("#gallery li:not([data-earlier])").length >= %d`, count))
	p.wait(idle)
}

// downloads makes the browser save into a folder, which is returned.
func downloads(t *testing.T, b *browsertest.Browser) string {
	t.Helper()
	dir := t.TempDir()
	params := browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir}
	if _, err := chromedp.CallBrowser(b.Context(), browser.SetDownloadBehavior, params); err != nil {
		t.Fatal(err)
	}
	return dir
}

// scripts are the names of the page's own files, which distinguish
// versions.
func (p *tab) scripts() string {
	p.t.Helper()
	return strings.Join(is[[]string](p, `[...document.querySelectorAll("script[src], link[rel=stylesheet]")].map(e => e.src ?? e.href).map(u => u.split("/").pop())`), " ")
}
