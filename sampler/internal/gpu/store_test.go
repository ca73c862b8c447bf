package gpu_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/shaders"
)

// cache makes the user's cache folder an empty one, which it returns.
func cache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var card = gpu.Info{Name: "card", Backend: "vulkan", Type: gpu.Discrete}

func measurement() *gpu.Measurement {
	return &gpu.Measurement{Adapter: card.Name, Backend: card.Backend, Shaders: shaders.Hash(), When: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
		Tilings: all(gpu.Registers), Times: map[gpu.Class]gpu.TilingTimes{gpu.Linear: {gpu.Registers: 1, gpu.Shared: 2.5}}}
}

// file is the one file of ours in the cache, where drivers keep some too.
func file(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "roentgo", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 {
		t.Fatalf("the cache holds %q", files)
	}
	return files[0]
}

func TestStored(t *testing.T) {
	dir := cache(t)
	if _, err := gpu.Stored(card); !errors.Is(err, gpu.ErrNotMeasured) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("empty cache: error %v", err)
	}
	m := measurement()
	for range 2 { // the second takes the place of the first
		if err := m.Save(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := gpu.Stored(card)
	if err != nil {
		t.Fatal(err)
	}
	if !got.When.Equal(m.When) || !maps.Equal(got.Tilings, m.Tilings) || !maps.Equal(got.Times[gpu.Linear], m.Times[gpu.Linear]) {
		t.Errorf("got %+v, saved %+v", got, m)
	}
	if _, err := gpu.Stored(gpu.Info{Name: "another", Backend: card.Backend}); !errors.Is(err, gpu.ErrNotMeasured) {
		t.Errorf("another adapter: error %v", err)
	}
	path := file(t, dir)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := func(edit func(m *gpu.Measurement)) []byte {
		m := measurement()
		edit(m)
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, data := range map[string][]byte{
		"empty":                                  {},
		"cut short":                              good[:len(good)/2],
		"not JSON":                               []byte("\x00\xff"),
		"too long":                               append([]byte(strings.Repeat(" ", 1<<17)), good...),
		"of another adapter":                     edited(func(m *gpu.Measurement) { m.Adapter = "another" }),
		"of another backend":                     edited(func(m *gpu.Measurement) { m.Backend = "metal" }),
		"of other shaders":                       edited(func(m *gpu.Measurement) { m.Shaders = "0" + m.Shaders[1:] }),
		"without tilings":                        edited(func(m *gpu.Measurement) { m.Tilings = nil }),
		"with an unknown tiling":                 edited(func(m *gpu.Measurement) { m.Tilings[gpu.Linear] = "magic" }),
		"with a tiling that no linear layer has": edited(func(m *gpu.Measurement) { m.Tilings[gpu.Linear] = gpu.SharedSplit }),
		"with an unknown class":                  edited(func(m *gpu.Measurement) { m.Tilings["pooling"] = gpu.Shared }),
	} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if m, err := gpu.Stored(card); !errors.Is(err, gpu.ErrNotMeasured) {
			t.Errorf("%s: got %+v, error %v", name, m, err)
		}
	}
}

// TestTune measures, which Tuned does only where nothing good is stored.
func TestTune(t *testing.T) {
	open(t)
	dir := cache(t)
	d, err := gpu.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tilings := gpu.Tuned(t.Context(), d)
	m, err := gpu.Stored(d.Info())
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(m.Tilings, tilings) || len(m.Times[gpu.Conv3Large]) == 0 {
		t.Errorf("got %v, stored %+v", tilings, m)
	}
	for class, times := range m.Times {
		for tiling, ms := range times {
			if ms <= 0 || ms < 0.94*times[tilings[class]] {
				t.Errorf("%s: %s takes %g ms, %s was chosen of %v", class, tiling, ms, tilings[class], times)
			}
		}
	}
	// What is stored is taken as it is.
	m.Tilings[gpu.Linear] = gpu.Shared
	if err := m.Save(); err != nil {
		t.Fatal(err)
	}
	if got := gpu.Tuned(t.Context(), d); got[gpu.Linear] != gpu.Shared {
		t.Errorf("got %v, stored were %v", got, m.Tilings)
	}
	// Where a file is damaged it is measured again.
	if err := os.WriteFile(file(t, dir), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := gpu.Tuned(t.Context(), d); len(got) != len(tilings) {
		t.Errorf("got %v", got)
	}
	if _, err := gpu.Stored(d.Info()); err != nil {
		t.Error(err)
	}
}

// TestTunedWithoutCache works on where nothing can be kept.
func TestTunedWithoutCache(t *testing.T) {
	open(t)
	for _, name := range []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	d, err := gpu.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got, want := gpu.Tuned(t.Context(), d), gpu.Default(d.Info()); !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("got %v", got)
	}
}
