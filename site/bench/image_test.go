//go:build !js

package bench_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/pack"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/schedule"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// BenchmarkImage times what a visitor waits for: from opening a page to its
// first step (of the warm visit; pipelines and threads are made in it) and to
// its first image, of the model's own number of steps, with nothing on the
// device (cold) and with the model there (warm), all from this machine's own server;
// a step of the sampling (ms/step, both halves of guidance), the page's longest
// task (0: none reached 50 ms), and the memory of renderers and GPU process
// after it.
//
// onnxruntime-web, where it is installed, takes turns with WebAssembly here: a page
// that evaluates the same networks (of random weights, in float32, as PyTorch exports
// them) as often, and keeps them in the Cache API. It encodes no text.
func BenchmarkImage(b *testing.B) {
	dir := b.TempDir()
	if err := pack.Build(b.Context(), "../..", dir+"/roentgo"); err != nil {
		b.Fatal(err)
	}
	var asked string
	if _, err := os.Stat("node_modules/onnxruntime-web"); err == nil {
		for _, part := range []string{"unet", "decoder"} {
			command(b, exec.Command(need.Python(b, "torch", "onnx"), "export.py", "../../internal/modeltest/testdata", "mini", part, filepath.Join(dir, part+".onnx")))
		}
		asked = plan(b)
	}
	for _, device := range []struct {
		kind    string
		isolate bool
		threads int
	}{{"wasm", false, 1}, {"wasm", true, 2}, {"webgpu", true, 0}} {
		name := device.kind
		if device.threads > 0 {
			name = fmt.Sprintf("%s/threads%d", device.kind, device.threads)
		}
		pages := map[string]string{"/ours": opens("/ours.js"), "/ours.js": fmt.Sprintf(oursJS, device.kind),
			"/peer": opens("/peer.js"), "/peer.js": fmt.Sprintf(peerJS, asked, device.threads),
			"/model/roentgo-mini.manifest.json": string(shipped.Manifest), "/model/roentgo-mini.safetensors.zst": string(shipped.File)}
		b.Run(name, func(b *testing.B) {
			server := browsertest.Serve(b, pages, dir, ".")
			server.Isolate = device.isolate
			ours, peer := visits{name: "ours"}, visits{name: "peer"}
			for b.Loop() {
				ours.add(b, server.URL+"/ours")
				if device.threads > 0 && asked != "" {
					peer.add(b, server.URL+"/peer")
				}
			}
			b.ReportMetric(0, "ns/op")
			ours.report(b)
			peer.report(b)
		})
	}
}

// plan says what the peer evaluates for an image of the shipped model's defaults.
func plan(b *testing.B) string {
	b.Helper()
	d := samplertest.Shipped(b).Description()
	s, err := schedule.New(d.Schedule)
	if err != nil {
		b.Fatal(err)
	}
	plan, err := s.NewSampler(d.Sampling.Options)
	if err != nil {
		b.Fatal(err)
	}
	type step struct {
		T      int     `json:"t"`
		ABar   float64 `json:"abar"`
		Guided bool    `json:"guided"`
	}
	var steps []step
	for _, t := range plan.Timesteps {
		steps = append(steps, step{t, s.AlphasCumprod[t], d.Sampling.GuidanceInterval.Has(t)})
	}
	text, err := json.Marshal(map[string]any{"steps": steps, "channels": d.Model.LatentChannels, "tokens": d.Model.Tokens, "features": d.Model.TextFeatures})
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// visits adds up what two visits of a browser took, the first with nothing kept.
type visits struct {
	name                          string
	n                             float64
	cold, warm, first, step, task float64
	memory                        browsertest.Memory
}

func (v *visits) add(b *testing.B, url string) {
	b.Helper()
	browser := browsertest.Open(b)
	defer browser.Close()
	var got struct{ Image, First, Step, Task float64 }
	first := browser.Page(b, url)
	first.Must("return await made;", &got)
	v.cold += got.Image
	first.Close()
	browser.Page(b, url).Must("return await made;", &got)
	v.warm, v.first, v.step, v.task = v.warm+got.Image, v.first+got.First, v.step+got.Step, max(v.task, got.Task)
	v.memory = browser.Memory(b)
	v.n++
}

func (v *visits) report(b *testing.B) {
	if v.n == 0 {
		return
	}
	b.ReportMetric(v.cold/v.n, v.name+"-cold-ms")
	b.ReportMetric(v.warm/v.n, v.name+"-warm-ms")
	b.ReportMetric(v.first/v.n, v.name+"-first-step-ms")
	b.ReportMetric(v.step/v.n, v.name+"-ms/step")
	b.ReportMetric(v.task, v.name+"-longest-task-ms")
	b.ReportMetric(float64(v.memory.Renderer>>20), v.name+"-renderer-MB")
	b.ReportMetric(float64(v.memory.GPU>>20), v.name+"-gpu-process-MB")
}

// opens is a page of that script.
func opens(script string) string {
	return `<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="` + script + `"></script>`
}

// watchJS keeps the longest task of a page in task.
const watchJS = `let task = 0;
new PerformanceObserver((list) => { for (const e of list.getEntries()) task = Math.max(task, e.duration); }).observe({ type: "longtask", buffered: true });
`

const oursJS = watchJS + `import { Sampler } from "/roentgo/roentgo.js";
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

const peerJS = watchJS + `const asked = %s;
globalThis.made = new Promise((done, failed) => {
  const w = new Worker("/peerimage.js", { type: "module" });
  const times = [];
  w.onerror = (e) => failed(new Error(e.message));
  w.onmessage = ({ data }) => {
    const now = performance.now();
    if (data.error) failed(new Error(data.error));
    else if (!data.value) times.push(now);
    else if (data.value.some(Number.isNaN)) failed(new Error("a pixel of the image is NaN"));
    else done({ image: now, first: times[0], step: (times.at(-1) - times[0]) / (times.length - 1), task });
  };
  w.postMessage({ ...asked, threads: %d });
});`
