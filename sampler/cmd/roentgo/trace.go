package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// trace collects the values of a run in a folder that appears when it is whole.
type trace struct {
	dir, partial string
	err          error
}

// traced are the names of the files of a trace, those that may be replaced.
var traced = regexp.MustCompile(`^(?:noise|context|mask|image|(?:latent|prediction)(?:\.[0-9]{3,5})?)\.npy$`)

// checkTrace refuses a folder that the trace of an image could not take: one
// that is there, unless it is to be replaced and an earlier trace made it.
func checkTrace(dir, out string, overwrite bool) error {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writable(filepath.Dir(filepath.Clean(dir)))
	case err != nil:
		return misuse{fmt.Errorf("--trace: %w", err)}
	case !overwrite:
		return misuse{fmt.Errorf("%s exists already (use --force to replace an earlier trace, or another --trace)", dir)}
	}
	for _, e := range list {
		if !e.Type().IsRegular() || !traced.MatchString(e.Name()) {
			return misuse{fmt.Errorf("%s holds %q, which no trace wrote: a folder is replaced only where an earlier trace made it (use another --trace)", dir, e.Name())}
		}
	}
	inside, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	if parent, err := filepath.EvalSymlinks(filepath.Dir(out)); err == nil && samePath(parent, inside) {
		return misuse{fmt.Errorf("--out %s lies in --trace %s, which is replaced as a whole (use another folder)", out, dir)}
	}
	return writable(filepath.Dir(inside))
}

// samePath reports whether two paths lead to one folder.
func samePath(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// newTrace begins a trace for a folder that checkTrace let pass.
func newTrace(dir string) (*trace, error) {
	dir = filepath.Clean(dir)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	t := &trace{dir: dir, partial: atomicfile.TemporaryName(filepath.Dir(dir))}
	return t, os.Mkdir(t.partial, 0o777)
}

func (t *trace) add(name string, shape []int, values []float32) {
	if t.err == nil {
		t.err = os.WriteFile(filepath.Join(t.partial, name+".npy"), npy(shape, values), 0o666)
	}
}

// finish gives the folder its name. Of an old one only the files of a trace go.
func (t *trace) finish() error {
	if t.err != nil {
		return t.err
	}
	old, err := os.ReadDir(t.dir)
	if err == nil {
		if st, err := os.Stat(t.dir); err == nil {
			_ = os.Chmod(t.partial, st.Mode().Perm()) // where modes are possible
		}
		for _, e := range old {
			if traced.MatchString(e.Name()) {
				err = errors.Join(err, os.Remove(filepath.Join(t.dir, e.Name())))
			}
		}
		err = errors.Join(err, os.Remove(t.dir)) // which fails when there is anything else
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(t.partial, t.dir)
}

// discard removes what is there of an unfinished trace.
func (t *trace) discard() { os.RemoveAll(t.partial) }
