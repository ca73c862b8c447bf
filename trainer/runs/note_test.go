package runs

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestChanges(t *testing.T) {
	options := func(changed map[string]any) map[string]any {
		m := map[string]any{"batch": 8.0, "seed": 1.0, "steps": 100.0, "precision": "f32", "model": map[string]any{"vae": 1.0}}
		for k, v := range changed {
			m[k] = v
		}
		return m
	}
	before := Note{Data: "0123456789abcdef", Options: options(nil)}
	for name, c := range map[string]struct {
		now  Note
		want []string
	}{
		"the same":            {before, nil},
		"batch and seed":      {Note{Data: before.Data, Options: options(map[string]any{"batch": 4.0, "seed": 2.0})}, []string{"batch is 4, was 8", "seed is 2, was 1"}},
		"data":                {Note{Data: "fedcba9876543210", Options: options(nil)}, []string{"the data are fedcba987654, were 0123456789ab"}},
		"more steps, in bf16": {Note{Data: before.Data, Options: options(map[string]any{"steps": 200.0, "precision": "bf16"})}, nil},
		"a new option":        {Note{Data: before.Data, Options: options(map[string]any{"noise": 0.1})}, nil},
	} {
		if got := c.now.changes(before); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := before.changes(Note{Options: options(nil)}); got != nil {
		t.Errorf("a run of which the data were not noted: %q", got)
	}
	dir := t.TempDir()
	if n, err := readNote(dir); n != nil || err != nil {
		t.Errorf("no note: %v, %v", n, err)
	}
	if err := os.WriteFile(filepath.Join(dir, OptionsFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readNote(dir); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("a damaged note: %v, want ErrCheckpoint", err)
	}
}
