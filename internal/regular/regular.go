// Package regular opens files and nothing else: no folder, pipe, socket or
// device, also where a link leads to one. A pipe that nobody writes would wait
// for ever, and a device such as /dev/zero never ends.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MaxText is the most bytes that are read of a text of this project's own making,
// such as the notes in the folder of a run.
const MaxText = 64 << 20

var (
	// ErrOther is wrapped by the refusal of what is no regular file.
	ErrOther = errors.New("not a regular file")
	// ErrTooLarge is wrapped by the refusal of [Read] to read a large file.
	ErrTooLarge = errors.New("larger than allowed")
)

// Open opens a regular file for reading and returns its size in bytes. It
// never waits. Links are followed. Errors wrap ErrOther, or are of the file
// system.
func Open(path string) (*os.File, int64, error) {
	// Opening a device can do something to it, so what is there is looked at
	// before as well as after.
	st, err := os.Stat(path)
	if err == nil {
		err = check(path, st)
	}
	if err != nil {
		return nil, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return nil, 0, err
	}
	if st, err = f.Stat(); err == nil {
		err = check(path, st)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
}

// Read returns the content of a regular file of at most max bytes. Errors wrap
// ErrOther or ErrTooLarge, or are of the file system.
func Read(path string, max int64) ([]byte, error) {
	f, size, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > max {
		return nil, fmt.Errorf("%w: %s has %d bytes, the limit is %d", ErrTooLarge, path, size, max)
	}
	// The file may grow, and some file systems state no size.
	data, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(data)) > max {
		err = fmt.Errorf("%w: %s has more than %d bytes", ErrTooLarge, path, max)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

func check(path string, st fs.FileInfo) error {
	if st.Mode().IsRegular() {
		return nil
	}
	return fmt.Errorf("%w: %s is %s", ErrOther, path, Kind(st.Mode()))
}

// Kind names what is at a place, with its article.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}
