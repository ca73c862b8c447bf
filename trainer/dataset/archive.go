package dataset

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrArchive is wrapped by the error of a tar archive that ends early or is
// damaged. What came before the damage has been visited.
var ErrArchive = errors.New("dataset: archive damaged")

// walk calls visit with the content of every regular file whose name wanted
// accepts: the files below a folder, in the order of their names, the members
// of a tar archive (.tar, .tar.gz, .tgz), in its order and never unpacked, or
// the one file that path names. A file of more than limit bytes is handed to
// tooLarge by its name instead. An error of visit ends the walk.
func walk(ctx context.Context, path string, limit int64, wanted func(name string) bool, tooLarge func(name string), visit func(name string, data []byte) error) error {
	one := func(name string, size int64, r io.Reader) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if size > limit {
			tooLarge(name)
			return nil
		}
		// The stated size is not to be trusted with memory.
		data, err := io.ReadAll(io.LimitReader(r, limit+1))
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrArchive, name, err)
		}
		if int64(len(data)) > limit {
			tooLarge(name)
			return nil
		}
		return visit(name, data)
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if st.IsDir() {
		return filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !wanted(file) {
				return err
			}
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			st, err := f.Stat()
			if err != nil {
				return err
			}
			return one(file, st.Size(), f)
		})
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReaderSize(f, 1<<20)
	switch lower := strings.ToLower(path); {
	case strings.HasSuffix(lower, ".tgz"), strings.HasSuffix(lower, ".tar.gz"):
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrArchive, path, err)
		}
		defer z.Close()
		r = z
	case strings.HasSuffix(lower, ".tar"):
	default:
		return one(path, st.Size(), r)
	}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrArchive, path, err)
		}
		if h.Typeflag != tar.TypeReg || !wanted(h.Name) {
			continue
		}
		if err := one(h.Name, h.Size, t); err != nil {
			return err
		}
	}
}
