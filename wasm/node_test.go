//go:build !js

package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
)

// runtimes is where .ci/setup installs programs other than Node, of the versions
// that testdata/runtimes pins.
const runtimes = "../.cache/runtimes/node_modules"

// runtime returns the program of one of its packages, of which npm installs the
// one for this machine: DIR/NAME*/FILE.
func runtime(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(runtimes, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		need.Missing(t, "%s: %d programs, not one (sh .ci/setup)", filepath.Join(runtimes, pattern), len(found))
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// nodeUser is a program that makes an image with the model on disk.
const nodeUser = `import { writeFileSync } from "node:fs";
import { Sampler, RoentgoError } from "roentgo/node";
const missing = await Sampler.load("none.json").catch((error) => error instanceof RoentgoError && error.message);
const s = await Sampler.load("model/roentgo-mini.manifest.json");
const steps = [];
const image = await s.image({ prompt: "pleural effusion", seed: 3, steps: 3, onStep: (e) => steps.push(e.preview?.width) });
const { width, height, data } = image.imageData;
writeFileSync("pixels", new Uint8Array(image.pixels.buffer));
const settings = await s.readSettings(await image.blob());
const aborted = await s.image({ signal: AbortSignal.abort() }).catch((error) => error.name);
s.close();
console.log(JSON.stringify({ missing, steps: steps.length, width, height, bytes: data.length, seed: settings.seed, device: s.device.kind, where: s.store.where, aborted }));
`

// TestNode installs the package and makes an image in Node, Deno and Bun, with
// the model on disk. It agrees with this machine's CPU as the browser's does, to
// 70 dB, and the program ends once its sampler is closed.
func TestNode(t *testing.T) {
	want, err := samplertest.Shipped(t).Sample(t.Context(), sampler.Request{Prompt: "pleural effusion", Seed: 3, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]func(t *testing.T) []string{
		"node": func(t *testing.T) []string { return []string{need.Program(t, "node"), "main.js"} },
		"deno": func(t *testing.T) []string {
			// What it may do is all that it needs.
			return []string{runtime(t, "@deno/*/deno"), "run", "--no-prompt", "--node-modules-dir=manual", "--allow-read=.", "--allow-write=pixels", "main.js"}
		},
		"bun": func(t *testing.T) []string { return []string{runtime(t, "@oven/*/bin/bun"), "main.js"} },
	} {
		t.Run(name, func(t *testing.T) { inRuntime(t, command(t), &want.Images[0]) })
	}
}

// inRuntime runs nodeUser by a command, which must make the image.
func inRuntime(t *testing.T, command []string, want *sampler.Image) {
	dir := project(t)
	write(t, filepath.Join(dir, "main.js"), nodeUser)
	for path, text := range model() {
		write(t, filepath.Join(dir, path), text)
	}
	var got struct {
		Missing, Seed, Device, Where, Aborted string
		Steps, Width, Height, Bytes           int
	}
	text := execute(t, dir, command[0], command[1:]...)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if !strings.HasPrefix(got.Missing, "file:") || !strings.Contains(got.Missing, "ENOENT") {
		t.Errorf("a manifest that is not there: %q", got.Missing)
	}
	if got.Steps != 4 || got.Width != 256 || got.Height != 256 || got.Bytes != 4*256*256 || got.Seed != "3" || got.Device != "wasm" || got.Where != "memory" || got.Aborted != "AbortError" {
		t.Errorf("it printed %+v", got)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "pixels"))
	if err != nil {
		t.Fatal(err)
	}
	own := &sampler.Image{Size: 256, Pix: floatsOfBytes(raw)}
	db := samplertest.PSNR(own.Pix, want.Pix)
	different := 0
	grey := want.Gray().Pix
	for i, v := range own.Gray().Pix {
		if v != grey[i] {
			different++
		}
	}
	t.Logf("%.1f dB; %d of %d grey values differ", db, different, len(grey))
	if !(db >= 70) {
		t.Errorf("it agrees with the CPU to %.1f dB, 70 are promised", db)
	}
}
