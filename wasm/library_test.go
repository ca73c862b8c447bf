//go:build !js

package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/internal/need"
)

// TestLibrary uses what roentgo.d.ts offers beside the loop over events.
func TestLibrary(t *testing.T) {
	b := browsertest.Open(t, "js-flags=--expose-gc")
	elsewhere := map[string]string{"/elsewhere/script.js": packed(t, "worker.js"), "/elsewhere/program.wasm": packed(t, "roentgo.wasm")}
	p := page(t, b, serve(t, elsewhere, map[string]string{"/user.js": `import { Sampler } from "/roentgo/roentgo.js";
		onmessage = async ({ data }) => {
			const s = await Sampler.load(data, { device: "wasm" });
			const bitmap = await (await s.image({ steps: 1 })).bitmap();
			postMessage(bitmap, [bitmap]);
		};`}))
	p.Must(`globalThis.s = await roentgo.Sampler.load(manifest, {device: "wasm"});`, nil)
	for name, c := range map[string]struct{ script, want string }{
		"image": {`
			const steps = [];
			const image = await s.image({prompt: "effusion", seed: 4n, steps: 2, onStep: (e) => steps.push(e.step)});
			const bitmap = await image.bitmap(), canvas = image.offscreenCanvas();
			const data = canvas.getContext("2d").getImageData(0, 0, 256, 256).data;
			return [image.settings.seed, steps, bitmap.width, canvas instanceof OffscreenCanvas, data.every((v, i) => v === image.imageData.data[i])];`,
			`["4",[0,1,2],256,true,true]`},
		"image of many": {`
			const codes = [];
			for (const request of [{prompt: ["a", "b"]}, {count: 2}, {onStep: 5}]) codes.push(await s.image(request).catch((e) => e.code + " " + e.field));
			return codes;`, `["request prompt","request count","request onStep"]`},
		"several prompts": {`
			const list = [], at = [];
			for await (const e of s.sample({prompt: ["effusion", "normal"], count: 2, seed: 7, steps: 1})) {
				if (e.type === "image") list.push([e.index, e.images, e.image.settings.prompt, e.image.settings.seed]);
				else if (e.step === 1) at.push(e.image);
			}
			return [list, at];`, `[[[0,4,"effusion","7"],[1,4,"effusion","8"],[2,4,"normal","7"],[3,4,"normal","8"]],[0,1,2,3]]`},
		"aborted": {`
			const reason = new Error("enough");
			const signal = AbortSignal.abort(reason);
			const calls = [s.vocabulary({signal}), s.unknownWords("a", {signal}), s.decode(new Float32Array(8192), {signal}),
				s.readSettings(new Blob(["x"]), {signal}), s.image({signal}), roentgo.Sampler.load(manifest, {signal})];
			return (await Promise.allSettled(calls)).map((r) => r.reason === reason);`, "[true,true,true,true,true,true]"},
		"abandoned": {`
			const begin = async () => { for (const loop = s.sample({steps: 1, guidance: 1, count: 1000}); ; ) { if ((await loop.next()).value.type === "image") return; } };
			await begin(); // and nothing refers to the loop any more
			const next = s.image({steps: 1}).then((image) => image.size);
			let size;
			for (let i = 0; i < 200 && !size; i++) {
				gc();
				size = await Promise.race([next, new Promise((r) => setTimeout(r, 50))]);
			}
			return size;`, "256"},
		"options": {`
			const fields = [];
			for (const options of [{device: "gpu"}, {threads: NaN}, {keep: 1}, {manifestHash: "x"}, {wroker: 1}, {signal: {}}, {onProgress: 5}, {onDevice: "f"}, {workerURL: 5}, {wasmURL: ""}, {wasmURL: "http://"}, null, 5]) {
				fields.push(await roentgo.Sampler.load(manifest, options).catch((e) => e.code + " " + e.field));
			}
			return fields.join().replaceAll("request ", "");`, `"device,threads,keep,manifestHash,wroker,signal,onProgress,onDevice,workerURL,wasmURL,wasmURL,options,options"`},
		"arguments": {`
			const {Sampler} = roentgo;
			const calls = [Sampler.load(), Sampler.load(5), Sampler.load("http://"), Sampler.remove(null), s.vocabulary(null), s.unknownWords(5), s.unknownWords("a", 5),
				s.decode([1]), s.decode(new Float32Array(1)), s.decode(new Float32Array(8192).fill(NaN)), s.readSettings(), s.readSettings({size: 1}), s.image(5)];
			return (await Promise.allSettled(calls)).map(({reason: e}) => (e instanceof roentgo.RoentgoError ? e.code + " " + (e.field ?? "") : String(e)));`,
			`["request manifest","request manifest","request manifest","request manifest","request options","request text","request options","request latent","request ","request latent","request file","request file","request request"]`},
		"addresses": {`
			const workerURL = new URL("/elsewhere/script.js", location.href);
			const other = await roentgo.Sampler.load(new URL(manifest, location.href), {device: "wasm", workerURL, wasmURL: "/elsewhere/program.wasm"});
			const {size} = await other.image({steps: 1});
			other.close();
			return size;`, "256"},
		"disposed": {`
			const other = await roentgo.Sampler.load(manifest, {device: "wasm"});
			const open = other.closed;
			await other[Symbol.asyncDispose]();
			return [open, other.closed, await other.image().catch((e) => e.code)];`, `[false,true,"closed"]`},
		"in a worker": {`
			const w = new Worker("/user.js", {type: "module"});
			w.postMessage(new URL(manifest, location.href).href);
			return await new Promise((done, failed) => { w.onmessage = ({data}) => done(data.width); w.onerror = (e) => failed(new Error(e.message)); });`, "256"},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			p.Must("const f = async () => {"+c.script+"}; return JSON.stringify(await f());", &got)
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestTypes compiles a program against the package's types, strictly.
func TestTypes(t *testing.T) {
	dir := project(t, "types.tsx")
	if _, err := os.Stat(filepath.Join(dir, "../node_modules/.bin/tsc")); err != nil {
		need.Missing(t, "the compiler of types is missing (sh .ci/setup): %v", err)
	}
	execute(t, dir, filepath.Join(dir, "../node_modules/.bin/tsc"), "--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--jsx", "react-jsx", "types.tsx")
}
