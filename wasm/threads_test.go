//go:build !js

package main_test

import (
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// TestThreads samples on a page that is cross-origin isolated and on one that
// is not: the threads differ, the bytes do not.
func TestThreads(t *testing.T) {
	isolated, plain := serve(t), serve(t)
	isolated.Isolate = true
	var first string
	for _, c := range []struct {
		server *browsertest.Server
		name   string
	}{{isolated, "2 threads"}, {plain, "1 thread"}} {
		p := page(t, browsertest.Shared(t), c.server)
		var got struct{ Name, Pixels string }
		p.Must(`const s = await roentgo.Sampler.load(manifest, {device: "wasm", threads: 2});
		const [i] = await images(s, {prompt: "pleural effusion", seed: 1, steps: 2});
		s.close();
		return {name: s.device.name, pixels: base64(i.pixels)};`, &got)
		if !strings.Contains(got.Name, c.name) {
			t.Errorf("the device is %q, want %s", got.Name, c.name)
		}
		if first == "" {
			first = got.Pixels
		}
		if got.Pixels != first {
			t.Error("the bytes depend on the number of threads")
		}
	}
}
