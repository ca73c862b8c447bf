//go:build !js

// Package browsertest runs pages in a headless Chromium or Firefox, for tests.
package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/need"
)

// Browser is a Chromium with a profile of its own, in which WebGPU is
// SwiftShader's.
type Browser struct {
	context context.Context
	close   func()
}

// Open starts a browser that ends with the test. flags are added to its
// command line, as "name" or "name=value".
func Open(t testing.TB, flags ...string) *Browser {
	t.Helper()
	return OpenProfile(t, t.TempDir(), flags...)
}

// OpenProfile is Open with a profile of its own folder, such as that of an
// earlier browser, which must have been closed.
func OpenProfile(t testing.TB, profile string, flags ...string) *Browser {
	t.Helper()
	b := start(t, context.Background(), profile, flags)
	t.Cleanup(b.Close)
	return b
}

var shared struct {
	sync.Once
	browser *Browser
}

// Shared returns one browser for all tests of a package that need none of
// their own: pages of servers of their own are apart. TestMain must call
// CloseShared.
func Shared(t testing.TB) *Browser {
	t.Helper()
	shared.Do(func() {
		dir, err := os.MkdirTemp("", "roentgo-browser-*")
		if err != nil {
			t.Fatal(err)
		}
		b := start(t, context.Background(), dir, nil)
		end := b.close
		b.close = func() {
			end()
			_ = os.RemoveAll(dir)
		}
		shared.browser = b
	})
	if shared.browser == nil {
		t.Fatal("Chromium does not start")
	}
	return shared.browser
}

// CloseShared ends the browsers of Shared and SharedFirefox, where there are any.
func CloseShared() {
	if shared.browser != nil {
		shared.browser.Close()
	}
	if sharedFirefox.browser != nil {
		sharedFirefox.browser.Close()
	}
}

func start(t testing.TB, parent context.Context, profile string, flags []string) *Browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(need.Program(t, "chromium", "chromium-browser", "google-chrome")),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.NoSandbox, chromedp.UserDataDir(profile),
		chromedp.Flag("headless", "new"), chromedp.Flag("enable-unsafe-webgpu", true), chromedp.Flag("use-webgpu-adapter", "swiftshader"),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true),
	}
	for _, f := range flags {
		name, value, found := strings.Cut(f, "=")
		if found {
			options = append(options, chromedp.Flag(name, value))
		} else {
			options = append(options, chromedp.Flag(name, true))
		}
	}
	allocator, stop := chromedp.NewExecAllocator(parent, options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &Browser{context: ctx, close: sync.OnceFunc(func() {
		_ = chromedp.Cancel(ctx) // asks it to end, and waits
		cancel()
		stop()
	})}
}

// Context is chromedp's, of the browser's first tab.
func (b *Browser) Context() context.Context { return b.context }

// Close ends the browser; its profile can be opened again.
func (b *Browser) Close() { b.close() }

// Page is a tab.
type Page struct {
	t       testing.TB
	context context.Context
	close   context.CancelFunc

	mu   sync.Mutex
	said []string
}

// Page opens a tab at an address. It ends with the test.
func (b *Browser) Page(t testing.TB, url string) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.context)
	p := &Page{t: t, context: ctx, close: cancel}
	t.Cleanup(cancel)
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return // the tab is closed
			}
			p.add(strings.TrimSpace(m.String() + " " + m.URL))
		}
	}()
	p.Run(chromedp.Navigate(url))
	return p
}

func (p *Page) add(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, line)
}

// Said lists what the page wrote to its console, with exceptions and what the
// browser itself complained of.
func (p *Page) Said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.said...)
}

// Context is chromedp's.
func (p *Page) Context() context.Context { return p.context }

// Close closes the tab.
func (p *Page) Close() { p.close() }

// Run runs actions, and ends the test where one fails, or all take longer than
// two minutes.
func (p *Page) Run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.context, 2*time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%v\nthe page said:\n%s", err, strings.Join(p.Said(), "\n"))
	}
}

// Click scrolls to the element of a selector and clicks it as a mouse does.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.Run(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// Eval evaluates the body of an async function in the page and decodes what it
// returns into result, as JSON; nil: nothing is decoded. What it throws is the
// error.
func (p *Page) Eval(ctx context.Context, body string, result any) error {
	// The tab's own context carries it to the browser; ctx only bounds it.
	bounded, cancel := context.WithCancel(p.context)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	text, err := chromedp.Run(bounded, chromedp.Evaluate[[]byte](settled(body), chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	return decoded(text, result)
}

// settled is an expression, a promise of what the body of an async function
// returned as {value}, or of what it threw as {error}.
func settled(body string) string {
	return "(async () => {" + body + "\n})().then(value => ({value}), error => ({error: `${error?.code ?? error?.name ?? ''}: ${error?.message ?? error}`}))"
}

// decoded reads what the promise of settled gave.
func decoded(text []byte, result any) error {
	ran := struct {
		Value any    `json:"value"`
		Error string `json:"error"`
	}{Value: result}
	if err := json.Unmarshal(text, &ran); err != nil {
		return err
	}
	if ran.Error != "" {
		return errors.New(ran.Error)
	}
	return nil
}

// Must is Eval that ends the test where it fails, or takes longer than five
// minutes.
func (p *Page) Must(body string, result any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Minute)
	defer cancel()
	if err := p.Eval(ctx, body, result); err != nil {
		p.t.Fatalf("%v\nthe page said:\n%s", err, strings.Join(p.Said(), "\n"))
	}
}
