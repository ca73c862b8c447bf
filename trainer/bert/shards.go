package bert

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/digest"
	"github.com/roentgo/roentgo/weights"
)

// The files of weights that transformers writes.
const (
	wholeFile   = "model.safetensors"
	indexFile   = "model.safetensors.index.json"
	pickleFile  = "pytorch_model.bin"
	pickleIndex = "pytorch_model.bin.index.json"
)

// maxShards bounds the files of one encoder.
const maxShards = 256

// shards are weights in one safetensors file or more.
type shards struct {
	files []*weights.Plain
	of    map[string]*weights.Plain // by the tensor's name
	hash  string
}

// shardNames lists the safetensors files of a folder: the one, or those of an
// index; none where it has neither.
func shardNames(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, wholeFile)); err == nil {
		return []string{wholeFile}, nil
	}
	text, err := readText(filepath.Join(dir, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, pickleIndex)); err == nil {
			return nil, fmt.Errorf("its weights are pickles in several files (%s), which are not read; save it again as safetensors", pickleIndex)
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", indexFile, err)
	}
	names := slices.Compact(slices.Sorted(maps.Values(index.Map)))
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("%s names no file", indexFile)
	case len(names) > maxShards:
		return nil, fmt.Errorf("%s names %d files, at most %d are read", indexFile, len(names), maxShards)
	}
	for _, name := range names {
		if name != filepath.Base(name) || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			return nil, fmt.Errorf("%s names the file %.200q, which is not of its folder", indexFile, name)
		}
	}
	return names, nil
}

// openShards opens safetensors files. A tensor must be in one of them alone.
func openShards(dir string, names []string) (*shards, error) {
	s := &shards{of: map[string]*weights.Plain{}}
	var sums []string
	for _, name := range names {
		sum, err := s.add(filepath.Join(dir, name))
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		sums = append(sums, sum)
	}
	if s.hash = sums[0]; len(sums) > 1 {
		all := sha256.Sum256([]byte(strings.Join(sums, "\n")))
		s.hash = hex.EncodeToString(all[:])
	}
	return s, nil
}

// add opens a file and returns its digest.
func (s *shards) add(path string) (sum string, err error) {
	f, err := weights.OpenPlain(path)
	if err != nil {
		return "", err
	}
	s.files = append(s.files, f)
	for _, tensor := range f.Names() {
		if s.of[tensor] != nil {
			return "", fmt.Errorf("%s: the tensor %q is in another of its files too", filepath.Base(path), tensor)
		}
		s.of[tensor] = f
	}
	sum, _, err = digest.File(path)
	return sum, err
}

func (s *shards) float32(name string) ([]float32, error) { return s.of[name].Float32(name) }

func (s *shards) close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
