//go:build !js

package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	screen "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/samplertest"
)

// visit is a tab with the page of a server.
type visit struct {
	*browsertest.Page
	t *testing.T
}

// submit fills fields, name and value in turns, and sends the form.
func (v visit) submit(fields ...string) {
	v.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		v.Must(`document.getElementById("`+fields[i]+`").value = "`+fields[i+1]+`"`, nil)
	}
	v.Must(`document.querySelector("form button").click()`, nil)
}

// wait waits until a condition holds.
func (v visit) wait(condition string) {
	v.t.Helper()
	v.Must(`for (const until = performance.now() + 60000; !(`+condition+`);) {
		if (performance.now() > until) throw new Error("waited in vain; the page has " + document.body.innerText);
		await new Promise((r) => setTimeout(r, 20));
	}`, nil)
}

// picture keeps one in the folder ROENTGO_SCREENSHOTS, where that is set.
func (v visit) picture(name string) {
	v.t.Helper()
	folder := os.Getenv("ROENTGO_SCREENSHOTS")
	if folder == "" {
		return
	}
	shot, err := chromedp.Call(v.Context(), screen.CaptureScreenshot, screen.CaptureScreenshotParams{Format: "png"})
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), shot.Data, 0o644)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// TestPage uses the page as a visitor does, with every kind of mistake, and then
// makes an image.
func TestPage(t *testing.T) {
	o := usual(samplertest.Shipped(t))
	o.Token, o.Limits.Steps, o.Limits.Prompt = "0123456789abcdef", 100, 2000
	h := start(t, o)
	b := browsertest.Open(t)
	v := visit{b.Page(t, h.URL+"/"), t}
	if _, err := chromedp.Call(v.Context(), emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 700, Height: 1150, DeviceScaleFactor: 1}); err != nil {
		t.Fatal(err)
	}
	v.wait(`document.body.innerText.includes("not for diagnosis")`)
	shows := func(field, text string) {
		t.Helper()
		v.wait(`document.getElementById("` + field + `-error").textContent.includes("` + text + `") && document.activeElement.id === "` + field + `" && !document.querySelector("form button").disabled`)
	}
	v.wait(`document.getElementById("token").offsetParent === null`)
	v.submit()
	shows("token", "Bearer")
	v.submit("token", o.Token, "seed", "seven")
	shows("seed", "whole number")
	v.submit("seed", "7", "prompt", strings.Repeat("effusion, ", 150))
	shows("prompt", "tokens")
	v.picture("refused")
	v.submit("prompt", "PA chest x-ray. cardiomegaly with pleural effusion.")
	v.wait(`document.querySelector("figure img")?.naturalWidth === 256 && document.querySelector("progress").hidden`)
	v.wait(`document.querySelector("figcaption").textContent.includes("not for diagnosis. Seed 7, 15 steps")`)
	v.wait(`![...document.querySelectorAll(".error")].some((e) => e.textContent) && document.documentElement.scrollWidth <= innerWidth`)
	v.picture("image")
	for _, line := range v.Said() {
		if !strings.Contains(line, "Failed to load resource") { // Chromium's words for status 401 and 422
			t.Errorf("the page's console: %s", line)
		}
	}
}

// TestPageCancels leaves a request by the page's button, and one by the server's end.
func TestPageCancels(t *testing.T) {
	s := newSlow()
	h := start(t, usual(s))
	v := visit{browsertest.Open(t).Page(t, h.URL+"/"), t}
	v.submit()
	<-s.begun
	v.wait(`document.querySelector("[role=status]").textContent.includes("Waiting") && !document.querySelector("progress").hidden`)
	v.Must(`document.getElementById("cancel").click()`, nil)
	<-s.ended
	v.wait(`document.querySelector("[role=status]").textContent === "Cancelled" && document.querySelector("progress").hidden`)
	v.submit()
	<-s.begun
	h.end()
	v.wait(`document.querySelector("[role=alert]").textContent.includes("the server stops")`)
}
