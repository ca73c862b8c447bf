//go:build !js

package bench_test

import (
	"fmt"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/pack"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// BenchmarkImage times what a visitor waits for: from opening a page to its
// first step (of the warm visit; pipelines and threads are made in it) and to
// its first image, of the model's own number of steps, with nothing on the
// device (cold) and with the model there (warm), all from this machine's own server;
// a step of the sampling (ms/step, both halves of guidance), the page's longest
// task (0: none reached 50 ms), and the memory of renderers and GPU process
// after it.
func BenchmarkImage(b *testing.B) {
	dir := b.TempDir()
	if err := pack.Build(b.Context(), "../..", dir+"/roentgo"); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		device  string
		isolate bool
	}{{"wasm", false}, {"wasm", true}, {"webgpu", true}} {
		name := c.device
		if c.device == "wasm" {
			name = fmt.Sprintf("%s/isolated=%v", c.device, c.isolate)
		}
		b.Run(name, func(b *testing.B) {
			server := browsertest.Serve(b, map[string]string{"/": page, "/page.js": fmt.Sprintf(pageJS, c.device),
				"/model/roentgo-mini.manifest.json": string(shipped.Manifest), "/model/roentgo-mini.safetensors.zst": string(shipped.File)}, dir)
			server.Isolate = c.isolate
			var cold, warm, first, step, task float64
			var memory browsertest.Memory
			for b.Loop() {
				browser := browsertest.Open(b)
				var got struct{ Image, First, Step, Task float64 }
				browser.Page(b, server.URL+"/").Must("return await made;", &got)
				cold += got.Image
				second := browser.Page(b, server.URL+"/")
				second.Must("return await made;", &got)
				warm, first, step, task = warm+got.Image, first+got.First, step+got.Step, max(task, got.Task)
				memory = browser.Memory(b)
				browser.Close()
			}
			b.ReportMetric(cold/float64(b.N), "cold-ms")
			b.ReportMetric(warm/float64(b.N), "warm-ms")
			b.ReportMetric(first/float64(b.N), "first-step-ms")
			b.ReportMetric(step/float64(b.N), "ms/step")
			b.ReportMetric(task, "longest-task-ms")
			b.ReportMetric(float64(memory.Renderer>>20), "renderer-MB")
			b.ReportMetric(float64(memory.GPU>>20), "gpu-process-MB")
		})
	}
}

const page = `<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="/page.js"></script>`

const pageJS = `import { Sampler } from "/roentgo/roentgo.js";
let task = 0;
new PerformanceObserver((list) => { for (const e of list.getEntries()) task = Math.max(task, e.duration); }).observe({ type: "longtask", buffered: true });
globalThis.made = (async () => {
  const s = await Sampler.load("/model/roentgo-mini.manifest.json", { device: %q });
  const times = [];
  let image;
  for await (const e of s.sample({ prompt: "cardiomegaly with pleural effusion", seed: 3n })) {
    if (e.type === "step") times.push(performance.now());
    else image = performance.now(); // since the page was opened
  }
  return { image, first: times[1], step: (times.at(-1) - times[1]) / (times.length - 2), task };
})();`
