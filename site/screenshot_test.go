package site_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// TestScreenshots makes an image and compares it as a visitor does, on a desk
// and on a phone, and with ROENTGO_SCREENSHOTS keeps pictures of the page in
// that folder: those of README. Nothing may stand beside the screen.
func TestScreenshots(t *testing.T) {
	for _, c := range []struct {
		prefix        string
		width, height int64
		phone         bool
	}{{"", 1240, 900, false}, {"phone-", 360, 740, true}} {
		p := open(t, browsertest.Open(t), public.URL+"/")
		call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: c.width, Height: c.height, DeviceScaleFactor: 1, Mobile: c.phone})
		keep := func(name string) {
			t.Helper()
			if over := is[float64](p, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
				t.Errorf("%s%s: the page is %g pixels wider than the screen", c.prefix, name, over)
			}
			if folder := os.Getenv("ROENTGO_SCREENSHOTS"); folder != "" {
				p.shot(filepath.Join(folder, c.prefix+name+".jpg"))
			}
		}
		p.wait(`document.querySelector(".strip img").naturalWidth > 0`)
		keep("first")
		p.load()
		p.set("prompt", "PA chest x-ray. cardiomegaly.")
		p.set("seed", "7")
		p.click("#make")
		p.wait(`document.querySelectorAll("#gallery li").length === 1`)
		p.wait(idle)
		keep("image")
		p.click("#compare-open")
		p.Must(finding("pleural effusion")+`.click();`, nil)
		p.compared("PA chest x-ray. cardiomegaly. pleural effusion")
		p.Must(`document.activeElement.blur(); if (innerWidth < 600) document.querySelector("#compare-swipe").scrollIntoView({block: "center"});`, nil)
		keep("compare")
		if c.phone {
			continue
		}
		p.media("light", "print")
		p.size(794, 700, 1) // as wide as A4
		keep("print")
	}
}

// shot keeps a picture of what the window shows.
func (p *tab) shot(path string) {
	p.t.Helper()
	quality := int64(82)
	shot, err := chromedp.Call(p.Context(), page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "jpeg", Quality: &quality})
	if err == nil {
		err = os.WriteFile(path, shot.Data, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
