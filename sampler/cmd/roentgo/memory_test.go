//go:build linux

package main

import (
	"bytes"
	"syscall"
	"testing"

	"github.com/roentgo/roentgo/weights"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// TestMemoryOfOpening holds what `verify` and `info` take beyond a command that opens
// no model to twice the bytes that the model's manifest declares.
func TestMemoryOfOpening(t *testing.T) {
	t.Setenv(modelVariable, "")
	manifest, err := weights.ParseManifest(shipped.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	peak := func(args ...string) int64 {
		cmd, stderr := program(t, args...)
		cmd.Stdout = new(bytes.Buffer)
		if err := cmd.Run(); err != nil {
			t.Fatal(err, stderr)
		}
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	}
	least := peak("version")
	const file = "../../../weights/default/roentgo-mini.safetensors.zst" // what is in the program is in memory anyway
	for command, args := range map[string][]string{"verify": {"verify", file}, "info": {"info", "--json", file}} {
		took := peak(args...) - least
		t.Logf("%s: %.1f MB beyond %.1f MB, the model declares %.1f MB", command, float64(took)/1e6, float64(least)/1e6, float64(manifest.ContentSize)/1e6)
		if took > 2*manifest.ContentSize {
			t.Errorf("%s takes %d bytes more than a command without a model; twice the declared size is %d", command, took, 2*manifest.ContentSize)
		}
	}
}
