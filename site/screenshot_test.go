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

// TestScreenshots makes an image as a visitor does, on a desk and on a phone, and
// with ROENTGO_SCREENSHOTS keeps pictures of the page in that folder: those of
// README. Nothing may stand beside the screen.
func TestScreenshots(t *testing.T) {
	for _, c := range []struct {
		file          string
		width, height int64
		phone         bool
	}{{"image.jpg", 1240, 900, false}, {"phone.jpg", 360, 740, true}} {
		p := open(t, browsertest.Open(t), public.URL+"/")
		call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: c.width, Height: c.height, DeviceScaleFactor: 1, Mobile: c.phone})
		p.load()
		p.set("prompt", "PA chest x-ray. cardiomegaly with pleural effusion.")
		p.set("seed", "7")
		p.click("#make")
		p.wait(`document.querySelectorAll("#gallery li").length === 1`)
		p.wait(idle)
		if over := is[float64](p, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			t.Errorf("%s: the page is %g pixels wider than the screen", c.file, over)
		}
		quality := int64(82)
		shot, err := chromedp.Call(p.Context(), page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "jpeg", Quality: &quality})
		if err != nil {
			t.Fatal(err)
		}
		if folder := os.Getenv("ROENTGO_SCREENSHOTS"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, c.file), shot.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
