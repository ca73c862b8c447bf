package site

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// libraryModule is the file of the library that others import.
const libraryModule = "roentgo.js"

// writeLibrary puts the library into a folder with a hash of its content in
// its name, and returns the path of its module. built is the folder of a built
// one; empty: it is built.
func writeLibrary(dir, built string) (string, error) {
	if built == "" {
		return "", errors.New("no library: name a built one with -library")
	}
	entries, err := os.ReadDir(built)
	if err != nil {
		return "", err
	}
	var content strings.Builder
	files := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(built, e.Name()))
		if err != nil {
			return "", err
		}
		files[e.Name()] = b
		content.WriteString(e.Name() + "\x00" + hash(b) + "\n")
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
	return folder + "/" + libraryModule, nil
}
