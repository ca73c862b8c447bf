package site

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/pack"
)

// engineBytes is what the WebAssembly programs of a folder have compressed, as a host
// sends them.
func engineBytes(folder string) (sum int64, err error) {
	programs, err := filepath.Glob(filepath.Join(folder, "*.wasm"))
	if err != nil {
		return 0, err
	}
	for _, name := range programs {
		f, err := os.Open(name)
		if err != nil {
			return 0, err
		}
		packed, err := compressed(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return 0, err
		}
		sum += int64(len(packed))
	}
	return sum, nil
}

// libraryModule is the file of the library that others import.
const libraryModule = "roentgo.js"

// licenceFile is the library's own licence, which the site serves as a text.
const licenceFile = "LICENSE"

// writeLibrary puts what the page needs of the library, and the licences that must go
// with it, into a folder with a hash of its content in its name, and returns that
// name. The library is built unless o names a built one.
func writeLibrary(ctx context.Context, dir string, o Options) (string, error) {
	built := o.Library
	if built == "" {
		built = filepath.Join(dir, "library")
		if err := pack.Build(ctx, o.Root, built); err != nil {
			return "", err
		}
		defer os.RemoveAll(built)
	}
	entries, err := os.ReadDir(built)
	if err != nil {
		return "", err
	}
	var content strings.Builder
	files := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if name == licenceFile {
			name += ".txt"
		}
		if ext := filepath.Ext(name); ext != ".js" && ext != ".wasm" && ext != ".txt" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(built, e.Name()))
		if err != nil {
			return "", err
		}
		files[name] = b
		content.WriteString(name + "\x00" + hash(b) + "\n")
	}
	if files[libraryModule] == nil {
		return "", errors.New("library: " + built + " has no " + libraryModule)
	}
	folder := "roentgo-" + hash([]byte(content.String()))[:hashLength]
	if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
		return "", err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, folder, name), b, 0o644); err != nil {
			return "", err
		}
	}
	return folder, nil
}
