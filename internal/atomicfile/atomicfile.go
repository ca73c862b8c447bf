// Package atomicfile writes files whole or not at all, on the file systems that
// there are: also where links, modes or syncing are not possible.
package atomicfile

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/roentgo/roentgo/internal/regular"
)

var (
	// ErrExists is wrapped by the refusal to overwrite.
	ErrExists = errors.New("the file exists already")
	// ErrSpecial is wrapped by the refusal to put a file in the place of
	// something else: a folder, a device, a pipe or a socket.
	ErrSpecial = errors.New("not a file")
)

// Write writes path by the function write. What is there of that name stays as
// it is until all is written and synced, and for good after an error. A new
// file has the permissions that the umask leaves, one that is replaced keeps
// its own. A symbolic link is followed. A file that is there is replaced only
// with overwrite (ErrExists), also where it appears during the writing; what is
// not a file never is (ErrSpecial).
func Write(path string, overwrite bool, write func(io.Writer) error) error {
	target, mode, err := destination(path, overwrite)
	if err != nil {
		return err
	}
	f, err := create(filepath.Dir(target), mode)
	if err != nil {
		return err
	}
	unfinished.Store(f.Name(), nil)
	defer unfinished.Delete(f.Name())
	buffered := bufio.NewWriterSize(f, 64<<10)
	if err = write(buffered); err == nil {
		err = buffered.Flush()
	}
	if err = errors.Join(err, synced(f.Sync()), f.Close()); err == nil {
		err = move(f.Name(), target, overwrite)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	syncFolder(filepath.Dir(target))
	return nil
}

// WriteBytes writes path as [Write] does, with the content data.
func WriteBytes(path string, overwrite bool, data []byte) error {
	return Write(path, overwrite, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// unfinished has the names of the files that are being written.
var unfinished sync.Map

// Abandon removes all files that are being written, for a program that is about
// to end without waiting for them.
func Abandon() {
	unfinished.Range(func(name, _ any) bool {
		os.Remove(name.(string))
		return true
	})
}

// Check returns the error that Write would begin with, without writing.
func Check(path string, overwrite bool) error {
	_, _, err := destination(path, overwrite)
	return err
}

// newFile are the permissions of a new file, of which the umask takes its part.
const newFile fs.FileMode = 0o666

// maxLinks bounds a chain of symbolic links.
const maxLinks = 40

// destination follows the links of path, and returns the permissions of the
// file there.
func destination(path string, overwrite bool) (target string, mode fs.FileMode, err error) {
	target = path
	for range maxLinks {
		st, err := os.Lstat(target)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return target, newFile, nil
		case err != nil:
			return "", 0, err
		case st.Mode().Type() == fs.ModeSymlink && overwrite:
			to, err := os.Readlink(target)
			if err != nil {
				return "", 0, err
			}
			if !filepath.IsAbs(to) {
				to = filepath.Join(filepath.Dir(target), to)
			}
			target = to
		case st.Mode().Type() == fs.ModeSymlink || st.Mode().IsRegular():
			if !overwrite {
				return "", 0, fmt.Errorf("%w: %s", ErrExists, path)
			}
			return target, st.Mode().Perm(), nil
		default:
			return "", 0, fmt.Errorf("%w: %s is %s, in whose place no file is put", ErrSpecial, path, regular.Kind(st.Mode()))
		}
	}
	return "", 0, fmt.Errorf("%w: %s is a link that leads nowhere", ErrSpecial, path)
}

// create makes a new file in a folder, of a short name that no other run has.
func create(folder string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(TemporaryName(folder), os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, fmt.Errorf("cannot write to the folder %s: %w", folder, errors.Unwrap(err))
	}
	if mode != newFile {
		// The umask may have taken a bit that the old file has. Where modes are
		// not possible there is nothing to keep.
		_ = f.Chmod(mode)
	}
	return f, nil
}

// TemporaryName is a name in a folder for what is not whole yet.
func TemporaryName(folder string) string { return filepath.Join(folder, ".roentgo-"+rand.Text()) }

// move gives a file its name.
func move(from, to string, overwrite bool) error {
	if overwrite {
		return os.Rename(from, to)
	}
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s", ErrExists, to)
	}
	// Without hard links an empty file holds the name for the moment.
	held, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFile)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s", ErrExists, to)
	} else if err != nil {
		return err
	}
	if err := errors.Join(held.Close(), os.Rename(from, to)); err != nil {
		os.Remove(to)
		return err
	}
	return nil
}

// synced leaves out the error of a file system that does not sync.
func synced(err error) error {
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// syncFolder keeps a new name over a power cut, where the system can: the file
// is written, so that no error of it is one of the file.
func syncFolder(folder string) {
	if d, err := os.Open(folder); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
