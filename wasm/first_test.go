package main_test

import (
	"testing"

	"github.com/roentgo/roentgo/wasm/browsertest"
)

func TestFirst(t *testing.T) {
	s := serve(t)
	b := browsertest.Open(t)
	p := page(b, s)
	for _, device := range []string{"webgpu", "wasm"} {
		var got map[string]any
		p.Must(`
		const t0 = performance.now();
		const phases = {};
		const s = await roentgo.Sampler.load(manifest, {device: "`+device+`", onProgress: (p) => phases[p.phase] = Math.round(performance.now() - t0)});
		const t1 = performance.now();
		const steps = [];
		let first;
		for await (const e of s.sample({prompt: "pleural effusion", seed: 7n, steps: 3})) {
			steps.push([e.type, Math.round(performance.now() - t1)].join(" "));
			if (e.type === "image") first = e.image;
		}
		const out = {phases, load: Math.round(t1 - t0), steps, device: s.device, store: s.store, model: s.model, settings: first.settings, unknown: first.unknownWords};
		s.close();
		return out;`, &got)
		t.Logf("%v", got)
	}
}
