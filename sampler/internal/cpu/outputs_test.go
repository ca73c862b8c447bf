package cpu

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/model"
)

// TestOutputs compares the bytes of every operation and network, with every
// instruction set of fused multiply-add, with one golden file on every processor
// (go test -run TestOutputs -update writes it).
func TestOutputs(t *testing.T) {
	if len(fast) == 0 {
		t.Skip("no instruction set with fused multiply-add here")
	}
	const path = "testdata/outputs.txt"
	if *update {
		if err := os.WriteFile(path, hashes(t, fast[0]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(want), "\n")
	for _, set := range fast {
		got := strings.Split(string(hashes(t, set)), "\n")
		if len(got) != len(lines) {
			t.Errorf("%s: %d results, want %d", set.name, len(got), len(lines))
			continue
		}
		for i, line := range got {
			if line != lines[i] {
				t.Errorf("%s: got %q, want %q", set.name, line, lines[i])
			}
		}
	}
}

// hashes returns a line per case: its name and the SHA-256 of its result.
func hashes(t *testing.T, set *instructions) []byte {
	t.Helper()
	var list bytes.Buffer
	for _, c := range append(modeltest.Ops[graph.Value](), modeltest.Networks[graph.Value]("tiny ", model.Tiny(), 2)...) {
		g, err := modeltest.Record(c)
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(modeltest.RandomFor(g.Params()), Options{Instructions: set.name})
		if err != nil {
			t.Fatal(err)
		}
		got, err := modeltest.Run(t, b, g, c.Inputs, 1)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if err := binary.Write(h, binary.LittleEndian, got[0]); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&list, "%s %x\n", c.Name, h.Sum(nil))
	}
	return list.Bytes()
}

// TestArm64 runs the tests of the kernels for arm64 under qemu's user emulation,
// with the same golden files.
func TestArm64(t *testing.T) {
	if runtime.GOARCH != "amd64" || testing.Short() {
		t.Skip("runs from amd64 alone")
	}
	out, err := need.Arm64(t)("-test.v", "-test.run=^(TestFusedBytes|TestProducts|TestExponentials|TestFilters|TestOutputs|Fuzz.*)$").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestFusedBytes/neon") || !strings.Contains(string(out), "--- PASS: TestOutputs") {
		t.Fatalf("%v\n%s", err, out)
	}
}
