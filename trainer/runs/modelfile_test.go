package runs_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// TestInt4Groups keeps one group of layers in int4 and the others in int8.
func TestInt4Groups(t *testing.T) {
	write := func(groups ...string) (string, error) {
		out := filepath.Join(t.TempDir(), "model"+weights.Extension)
		_, err := runs.Init(model.Tiny(), schedule.ZeroTerminal(), samplertest.Vocabulary(300), 1, runs.FileOptions{Out: out, For: runs.ForSampling, Kind: weights.Int8,
			Int4: groups, Sampling: runs.DefaultSampling(schedule.ZeroTerminal())})
		return out, err
	}
	if _, err := write("unet.up.9"); !errors.Is(err, runs.ErrOptions) {
		t.Errorf("a group that the model lacks: %v, want ErrOptions", err)
	}
	whole, err := write()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := write()
		if err != nil {
			t.Fatal(err)
		}
		if a, b := read(t, whole), read(t, again); !bytes.Equal(a, b) {
			t.Fatal("the same weights gave files of different bytes")
		}
	}
	mixed, err := write("unet.up.0")
	if err != nil {
		t.Fatal(err)
	}
	m, err := weights.Open(mixed)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	kinds := map[weights.Kind]int{}
	for _, name := range m.Names() {
		i, _ := m.Info(name)
		kinds[i.Kind]++
		if of4 := i.Kind == weights.Int4; of4 != (runs.Quantizable(i.Shape) && runs.LayerGroup(name) == "unet.up.0") {
			t.Errorf("%s of shape %v is %s", name, i.Shape, i.Kind)
		}
	}
	if kinds[weights.Int4] == 0 || kinds[weights.Int8] == 0 {
		t.Errorf("kinds %v", kinds)
	}
	if a, b := size(t, whole), size(t, mixed); b >= a {
		t.Errorf("%d bytes in int8, %d with a group in int4", a, b)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}
