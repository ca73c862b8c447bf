//go:build !js

package browsertest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

// Memory is what a browser's processes hold that is theirs alone, in bytes.
type Memory struct {
	Renderer int64 // of all pages
	GPU      int64
}

// Memory measures the browser's processes.
func (b *Browser) Memory(t testing.TB) Memory {
	t.Helper()
	info, err := chromedp.CallBrowser(b.context, systeminfo.GetProcessInfo, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	var m Memory
	for _, p := range info.ProcessInfo {
		switch p.Type {
		case "renderer":
			m.Renderer += private(t, int(p.ID))
		case "GPU":
			m.GPU += private(t, int(p.ID))
		}
	}
	return m
}

// private adds the memory of a process that no other has: Private_Clean and
// Private_Dirty of Linux.
func private(t testing.TB, id int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", id))
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Private_"); ok {
			fields := strings.Fields(rest)
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			total += kib << 10
		}
	}
	return total
}
