//go:build !js

package browsertest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
)

// Firefox is a headless Firefox with a profile of its own, driven by WebDriver
// BiDi.
type Firefox struct {
	bidi  *bidi
	close func()

	mu    sync.Mutex
	pages map[string]*FirefoxPage // by their contexts
}

// firefoxPreferences keep the browser from asking anybody else for anything. It
// sets the usual ones of driven browsers itself.
const firefoxPreferences = `user_pref("app.update.disabledForTesting", true);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,#remote-settings-dummy/v1");
`

var firefoxNames = []string{"firefox-esr", "firefox"}

// How long Firefox may take to start, and to end before it is killed.
const firefoxStarts, firefoxEnds = 4 * time.Minute, 15 * time.Second

// OpenFirefox starts a Firefox that ends with the test.
func OpenFirefox(t testing.TB) *Firefox {
	t.Helper()
	f, err := startFirefox(need.Program(t, firefoxNames...), t.TempDir())
	if err != nil {
		t.Fatalf("Firefox does not start: %v", err)
	}
	t.Cleanup(f.Close)
	return f
}

var sharedFirefox struct {
	sync.Once
	browser *Firefox
}

// SharedFirefox is [Shared] of Firefox.
func SharedFirefox(t testing.TB) *Firefox {
	t.Helper()
	program := need.Program(t, firefoxNames...)
	sharedFirefox.Do(func() {
		dir, err := os.MkdirTemp("", "roentgo-firefox-*")
		if err != nil {
			t.Fatal(err)
		}
		f, err := startFirefox(program, dir)
		if err != nil {
			_ = os.RemoveAll(dir)
			t.Fatalf("Firefox does not start: %v", err)
		}
		end := f.close
		f.close = func() {
			end()
			_ = os.RemoveAll(dir)
		}
		sharedFirefox.browser = f
	})
	if sharedFirefox.browser == nil {
		t.Fatal("Firefox does not start")
	}
	return sharedFirefox.browser
}

func startFirefox(program, profile string) (*Firefox, error) {
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(firefoxPreferences), 0o644); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), firefoxStarts)
	defer cancel()
	cmd := exec.Command(program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank")
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	stop := func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	address := make(chan string, 1)
	go func() {
		defer close(ended)
		listens(said, address)
		_ = cmd.Wait()
	}()
	f := &Firefox{pages: map[string]*FirefoxPage{}}
	select {
	case url := <-address:
		f.bidi, err = dial(ctx, url+"/session", f.event)
	case <-ended:
		return nil, fmt.Errorf("it ended at once")
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		err = f.bidi.call(ctx, "session.new", map[string]any{"capabilities": map[string]any{}}, nil)
	}
	if err == nil {
		err = f.bidi.call(ctx, "session.subscribe", map[string]any{"events": []string{"log.entryAdded"}}, nil)
	}
	if err != nil {
		stop()
		return nil, err
	}
	f.close = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), firefoxEnds)
		defer cancel()
		_ = f.bidi.call(ctx, "browser.close", map[string]any{}, nil)
		select {
		case <-ended:
		case <-ctx.Done():
			stop()
		}
	})
	return f, nil
}

// listens reads what Firefox writes until it ends, and sends the address that it
// listens at.
func listens(said io.Reader, address chan<- string) {
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if _, url, found := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); found {
			select {
			case address <- strings.TrimSpace(url):
			default:
			}
		}
	}
}

// Close ends the browser.
func (f *Firefox) Close() { f.close() }

// event notes what a page writes to its console.
func (f *Firefox) event(method string, params json.RawMessage) {
	var entry struct {
		Level, Text string
		Source      struct{ Context string }
	}
	if method != "log.entryAdded" || json.Unmarshal(params, &entry) != nil {
		return
	}
	f.mu.Lock()
	p := f.pages[entry.Source.Context]
	f.mu.Unlock()
	if p != nil {
		p.add(entry.Level + ": " + entry.Text)
	}
}

// FirefoxPage is a tab.
type FirefoxPage struct {
	t       testing.TB
	firefox *Firefox
	id      string // of its browsing context

	mu   sync.Mutex
	said []string
}

// Page opens a tab at an address. scripts run before the page's own, in each
// document of the tab. It ends with the browser.
func (f *Firefox) Page(t testing.TB, url string, scripts ...string) *FirefoxPage {
	t.Helper()
	p := &FirefoxPage{t: t, firefox: f}
	var made struct{ Context string }
	p.call("browsingContext.create", map[string]any{"type": "tab"}, &made)
	p.id = made.Context
	f.mu.Lock()
	f.pages[p.id] = p
	f.mu.Unlock()
	for _, s := range scripts {
		p.call("script.addPreloadScript", map[string]any{"functionDeclaration": "() => {" + s + "\n}", "contexts": []string{p.id}}, nil)
	}
	p.Navigate(url)
	return p
}

func (p *FirefoxPage) add(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, line)
}

// Said lists what the page wrote to its console, with exceptions.
func (p *FirefoxPage) Said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.said...)
}

// call calls a method of the protocol, and ends the test where it fails, or takes
// longer than a minute.
func (p *FirefoxPage) call(method string, params map[string]any, result any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := p.firefox.bidi.call(ctx, method, params, result); err != nil {
		p.t.Fatalf("Firefox: %v\nthe page said:\n%s", err, strings.Join(p.Said(), "\n"))
	}
}

// Navigate goes to an address and waits until it is loaded.
func (p *FirefoxPage) Navigate(url string) {
	p.t.Helper()
	p.call("browsingContext.navigate", map[string]any{"context": p.id, "url": url, "wait": "complete"}, nil)
}

// Reload loads the page again.
func (p *FirefoxPage) Reload() {
	p.t.Helper()
	p.call("browsingContext.reload", map[string]any{"context": p.id, "wait": "complete"}, nil)
}

// Close closes the tab.
func (p *FirefoxPage) Close() {
	p.t.Helper()
	p.call("browsingContext.close", map[string]any{"context": p.id}, nil)
}

// Click scrolls to the element of a selector and clicks it as a mouse does.
func (p *FirefoxPage) Click(selector string) {
	p.t.Helper()
	var found struct{ Nodes []struct{ SharedID string } }
	p.call("browsingContext.locateNodes", map[string]any{"context": p.id, "locator": map[string]any{"type": "css", "value": selector}, "maxNodeCount": 1}, &found)
	if len(found.Nodes) == 0 {
		p.t.Fatalf("Firefox: no element is %s", selector)
	}
	p.Must(fmt.Sprintf(`document.querySelector(%q).scrollIntoView({block: "center", behavior: "instant"});`, selector), nil)
	at := map[string]any{"type": "element", "element": map[string]any{"sharedId": found.Nodes[0].SharedID}}
	p.call("input.performActions", map[string]any{"context": p.id, "actions": []any{map[string]any{"type": "pointer", "id": "mouse", "actions": []any{
		map[string]any{"type": "pointerMove", "x": 0, "y": 0, "origin": at},
		map[string]any{"type": "pointerDown", "button": 0},
		map[string]any{"type": "pointerUp", "button": 0},
	}}}}, nil)
}

// Screenshot returns the viewport as PNG.
func (p *FirefoxPage) Screenshot() []byte {
	p.t.Helper()
	var shot struct{ Data []byte }
	p.call("browsingContext.captureScreenshot", map[string]any{"context": p.id}, &shot)
	return shot.Data
}

// Eval is that of [Page].
func (p *FirefoxPage) Eval(ctx context.Context, body string, result any) error {
	var ran struct {
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	params := map[string]any{"expression": "(" + settled(body) + ").then(JSON.stringify)", "target": map[string]any{"context": p.id}, "awaitPromise": true}
	if err := p.firefox.bidi.call(ctx, "script.evaluate", params, &ran); err != nil {
		return err
	}
	if ran.ExceptionDetails.Text != "" {
		return fmt.Errorf("%s", ran.ExceptionDetails.Text)
	}
	return decoded([]byte(ran.Result.Value), result)
}

// Must is that of [Page].
func (p *FirefoxPage) Must(body string, result any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	if err := p.Eval(ctx, body, result); err != nil {
		p.t.Fatalf("%v\nthe page said:\n%s", err, strings.Join(p.Said(), "\n"))
	}
}
