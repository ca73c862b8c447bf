package cpu

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/model"
)

var outputs = flag.String("outputs", "", "file for what TestOutputs finds")

// TestOutputs holds what every operation and network gives with one instruction
// set of fused multiply-add to the bytes of another.
func TestOutputs(t *testing.T) {
	var first []byte
	for _, set := range fast {
		got := hashes(t, set)
		if first == nil {
			first = got
		}
		same(t, set.name, got, first)
	}
	if *outputs != "" {
		if err := os.WriteFile(*outputs, first, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// hashes returns a line a case: the hash of what it gives.
func hashes(t *testing.T, set *instructions) []byte {
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

// same holds the hashes of one instruction set to another's.
func same(t *testing.T, name string, got, want []byte) {
	t.Helper()
	lines := strings.Split(string(want), "\n")
	for i, line := range strings.Split(string(got), "\n") {
		if i >= len(lines) || line != lines[i] {
			t.Errorf("%s: %s: others give another result", name, line)
		}
	}
}

// TestArm64 runs the tests of the kernels for arm64 under qemu's user
// emulation, and holds what operations and networks give there to the bytes
// that they give here.
func TestArm64(t *testing.T) {
	if runtime.GOARCH != "amd64" || testing.Short() {
		t.Skip("runs from amd64 alone")
	}
	emulated, list := need.Arm64(t), filepath.Join(t.TempDir(), "outputs.txt")
	out, err := emulated("-test.v", "-test.run=^(TestFusedBytes|TestProducts|TestExponentials|TestFilters|TestOutputs|Fuzz.*)$", "-outputs="+list).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestFusedBytes/neon") {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if len(fast) == 0 {
		t.Skip("this processor has no fused multiply-add to compare with")
	}
	same(t, "arm64", got, hashes(t, fast[0]))
}
