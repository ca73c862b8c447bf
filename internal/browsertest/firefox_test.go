//go:build !js

package browsertest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFirefox drives a page in Firefox: its values, its errors, its console, a
// click, and a wait that is given up.
func TestFirefox(t *testing.T) {
	s := Serve(t, map[string]string{"/": `<!doctype html><title>first</title><button style="margin-top: 3000px">press</button>
		<script>document.querySelector("button").onclick = (e) => { document.title = "pressed " + e.isTrusted; console.warn("a warning"); };</script>`})
	p := OpenFirefox(t).Page(t, s.URL+"/", `globalThis.before = document.title;`)
	var got struct {
		Before, Title string
		List          []int
	}
	p.Must(`return {before, title: document.title, list: await Promise.resolve([1, 2])};`, &got)
	if got.Before != "" || got.Title != "first" || !slices.Equal(got.List, []int{1, 2}) {
		t.Errorf("the page has %+v", got)
	}
	if err := p.Eval(t.Context(), `throw Object.assign(new Error("no"), {code: "why"});`, nil); err == nil || err.Error() != "why: no" {
		t.Errorf("what it threw: %v", err)
	}
	p.Click("button")
	p.Must(`return {title: document.title};`, &got)
	if got.Title != "pressed true" {
		t.Errorf("after a click the title is %q", got.Title)
	}
	if said := strings.Join(p.Said(), "\n"); !strings.Contains(said, "a warning") {
		t.Errorf("the page said %q", said)
	}
	p.Reload()
	p.Must(`return {title: document.title};`, &got)
	if got.Title != "first" {
		t.Errorf("after a reload the title is %q", got.Title)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := p.Eval(ctx, "await new Promise(() => {});", nil); err == nil {
		t.Error("a promise that never settles: no error")
	}
	p.Close()
}
