//go:build libtorch

package bert_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/libtorch"
)

func TestMain(m *testing.M) {
	if err := libtorch.Start(2); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// encoderSpecs lists the parameters of the encoder.
func encoderSpecs(t *testing.T, cfg model.Config) []graph.Spec {
	t.Helper()
	r := graph.NewRecorder()
	ids := r.Input("ids", graph.PerPrompt, 1, 2)
	r.Output("states", model.BERT(r, cfg, ids, ids, ids))
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g.Params()
}

// states is what transformers computed.
type states []struct {
	IDs    []float32 `json:"ids"`
	States []float64 `json:"states"`
}

// TestStatesOfTransformers runs folders that transformers wrote, in each
// format, and compares with what it computes.
func TestStatesOfTransformers(t *testing.T) {
	python := need.Python(t, "torch", "transformers")
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "make.py"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, folder := range []string{"safe", "pickle", "legacy"} {
		t.Run(folder, func(t *testing.T) {
			compare(t, filepath.Join(dir, folder), filepath.Join(dir, "states.json"), 1e-5)
		})
	}
	if real := os.Getenv("ROENTGO_BIOBERT"); real != "" { // a researcher's own copy
		text, err := exec.CommandContext(t.Context(), python, "-c", `import json,sys,torch
from transformers import AutoModel
m=AutoModel.from_pretrained(sys.argv[1]).eval()
ids=[101,1109,1762,1110,13551,119,102]
print(json.dumps([{"ids":ids,"states":m(torch.tensor([ids])).last_hidden_state[0].flatten().tolist()}]))`, real).Output()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "real.json")
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		compare(t, real, file, 1e-4)
	}
}

func compare(t *testing.T, folder, file string, tolerance float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e, err := bert.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Lowercase {
		t.Error("a vocabulary with capitals was taken for one without")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want states
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	cfg := e.Apply(model.Tiny())
	for _, w := range want {
		var got []float32
		if err := libtorch.Try(func() { got = run(t, e, cfg, w.IDs) }); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(w.States) {
			t.Fatalf("%d values, want %d", len(got), len(w.States))
		}
		worst, most := 0.0, 0.0
		for i := range got {
			worst, most = math.Max(worst, math.Abs(float64(got[i])-w.States[i])), math.Max(most, math.Abs(w.States[i]))
		}
		if worst > tolerance*most {
			t.Errorf("ids %v: off by %g of %g", w.IDs, worst, most)
		}
	}
}

func run(t *testing.T, e *bert.Encoder, cfg model.Config, ids []float32) []float32 {
	params := libtorch.NewParams()
	defer params.Free()
	for _, s := range encoderSpecs(t, cfg) {
		values, err := e.Float32(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		params.Add(s.Name, s.Shape, values, false)
	}
	ops := libtorch.NewOps(params)
	defer ops.Free()
	n := len(ids)
	positions := make([]float32, n)
	for i := range positions {
		positions[i] = float32(i)
	}
	return model.BERT(ops, cfg, ops.Tensor(ids, 1, n), ops.Tensor(positions, 1, n), ops.Tensor(make([]float32, n), 1, n)).Values()
}
