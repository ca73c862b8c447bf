package main

import (
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/shaders"
)

func TestDevicesShowsTilings(t *testing.T) {
	adapters, err := gpu.Adapters()
	if err != nil {
		need.Missing(t, "no adapter: %v", err)
	}
	dir := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, dir)
	}
	devices := func() string {
		t.Helper()
		status, stdout, stderr := roentgo(t, "devices")
		if status != 0 {
			t.Fatalf("status %d: %s", status, stderr)
		}
		adapters, _, _ := strings.Cut(stdout, "cpu: ")
		if _, info, _ := roentgo(t, "info"); !strings.HasSuffix(info, "\n\n"+adapters) {
			t.Errorf("info does not end with what devices prints about the GPUs: %q", info)
		}
		return stdout
	}
	if out := devices(); !strings.Contains(out, "not tuned yet") {
		t.Errorf("without a measurement: %q", out)
	}
	a := adapters[0]
	m := &gpu.Measurement{Adapter: a.Name, Backend: a.Backend, Shaders: shaders.Hash(), When: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
		Tilings: gpu.Default(a), Times: map[gpu.Class]gpu.TilingTimes{gpu.Linear: {gpu.Registers: 1.5, gpu.Shared: 0.25}}}
	m.Tilings[gpu.Linear] = gpu.Shared
	if err := m.Save(); err != nil {
		t.Fatal(err)
	}
	out := strings.Join(strings.Fields(devices()), " ")
	for _, says := range []string{"tuned 2030-01-02 03:04:05 UTC", "linear shared (registers 1.5 ms; shared 0.25 ms)",
		"1×1 convolution " + string(gpu.Default(a)[gpu.Conv1]) + " (not measured: time was up)", "roentgo tune measures again"} {
		if !strings.Contains(out, says) {
			t.Errorf("no %q in %q", says, out)
		}
	}
}
