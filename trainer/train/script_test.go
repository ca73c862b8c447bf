//go:build libtorch

package train_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/trainer/train"
)

// TestNetwork runs TorchScript modules of known results on more images than a
// batch has.
func TestNetwork(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	python := need.Python(t, "torch")
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), python, "-c", `import os,sys,torch
class F(torch.nn.Module):
    def forward(self, x):
        return torch.stack([x.mean((1, 2, 3)), x.amax((1, 2, 3))], 1)
class D(torch.nn.Module):
    def forward(self, x, y):
        return (x - y).abs().mean((1, 2, 3))
os.chdir(sys.argv[1])
x = torch.rand(2, 1, 8, 8)
torch.jit.trace(F(), (x,)).save("features.ts")
torch.jit.trace(D(), (x, x)).save("distance.ts")`, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	open := func(name string) *train.Network {
		n, err := train.OpenNetwork(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		return n
	}
	var a, b [][]float32
	for i := range 20 {
		x, y := make([]float32, 64), make([]float32, 64)
		for p := range x {
			x[p] = float32(i) / 20
			y[p] = -x[p]
		}
		x[5] = 1
		y[5] = 1
		a, b = append(a, x), append(b, y)
	}
	rows, err := open("features.ts").Features(a, 8)
	if err != nil || len(rows) != 20 {
		t.Fatal(len(rows), err)
	}
	distance := open("distance.ts")
	values, err := distance.Distances(a, b, 8)
	if err != nil || len(values) != 20 {
		t.Fatal(len(values), err)
	}
	for i := range rows {
		grey := float64(i) / 20
		if len(rows[i]) != 2 || math.Abs(rows[i][0]-(63*grey+1)/64) > 1e-6 || rows[i][1] != 1 {
			t.Errorf("image %d: %v", i, rows[i])
		}
		if math.Abs(values[i]-2*grey*63/64) > 1e-6 {
			t.Errorf("pair %d is %g apart", i, values[i])
		}
	}
	if _, err := distance.Features(a, 8); err == nil {
		t.Error("a module of two batches takes one")
	}
	if _, err := open("features.ts").Distances(a, b, 8); err == nil {
		t.Error("a module of one batch takes two")
	}
	b[3][0] = float32(math.NaN())
	if _, err := distance.Distances(a, b, 8); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a distance that is not a number: %v", err)
	}
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("no module"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := train.OpenNetwork(other); err == nil {
		t.Error("a file that is no module opens")
	}
}
