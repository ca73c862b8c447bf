//go:build !js

// Package bench_test measures a step of sampling in the browser beside
// onnxruntime-web, in the same run:
//
//	make bench-browser
package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/model"
)

const ours = `importScripts("/wasm_exec.js");
const go = new Go();
WebAssembly.instantiateStreaming(fetch("/step.wasm"), go.importObject).then(({ instance }) => go.run(instance));`

// BenchmarkStep runs one forward of the U-Net at batch 2, with the longest
// prompt, in turns with onnxruntime-web. It reports the medians of both in
// milliseconds, and how many times as long the peer's takes.
func BenchmarkStep(b *testing.B) {
	if _, err := os.Stat("node_modules/onnxruntime-web"); err != nil {
		b.Skip("the peer is not installed; run 'make bench-browser'")
	}
	dir := b.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "step.wasm"), "../../sampler/internal/bench/step")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	command(b, build)
	for _, preset := range []string{"mini", "paper"} {
		command(b, exec.Command(need.Python(b, "torch", "onnx"), "export.py", "../../internal/modeltest/testdata", preset, "step", filepath.Join(dir, preset+".onnx")))
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads%d", preset, threads), func(b *testing.B) { step(b, dir, preset, threads) })
		}
	}
}

func command(b *testing.B, c *exec.Cmd) {
	b.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
}

func step(b *testing.B, dir, preset string, threads int) {
	c, err := model.Preset(preset)
	if err != nil {
		b.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	pages := map[string]string{"/": "<!doctype html><title>bench</title>", "/ours.js": ours}
	s := browsertest.Serve(b, pages, dir, ".", "../../sampler/internal/simd", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm"))
	s.Isolate = true
	p := browsertest.Open(b).Page(b, s.URL+"/")
	asked, err := json.Marshal(map[string]any{"preset": preset, "threads": threads, "channels": c.LatentChannels, "tokens": c.Tokens, "features": c.TextFeatures})
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	run := func(body string, result any) {
		if err := p.Eval(context.Background(), body, result); err != nil {
			b.Fatalf("%v\nthe page said:\n%s", err, strings.Join(p.Said(), "\n"))
		}
	}
	run(`globalThis.answer = (w) => new Promise((done, failed) => {
		w.onerror = (e) => failed(new Error(e.message));
		w.onmessage = ({data}) => data.error ? failed(new Error(data.error)) : done(data.value);
	});
	globalThis.ask = (w, message) => { const a = answer(w); w.postMessage(message); return a; };
	globalThis.ours = new Worker("/ours.js");
	await answer(ours);
	globalThis.peer = new Worker("/peer.js", {type: "module"});
	const names = [await ask(ours, `+string(asked)+`), await ask(peer, `+string(asked)+`)];
	for (const w of [ours, peer]) await ask(w, "step"); // the first one compiles
	return names;`, &names)
	var took [2][]float64
	for b.Loop() {
		var ms [2]float64
		run(`return [await ask(ours, "step"), await ask(peer, "step")]`, &ms)
		for i, v := range ms {
			took[i] = append(took[i], v)
		}
	}
	median := func(list []float64) float64 {
		slices.Sort(list)
		return list[len(list)/2]
	}
	a, z := median(took[0]), median(took[1])
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(a, "ours-ms")
	b.ReportMetric(z, "peer-ms")
	b.ReportMetric(z/a, "ratio")
	b.Logf("%s beside %s: medians of %d steps each", names[0], names[1], len(took[0]))
}
