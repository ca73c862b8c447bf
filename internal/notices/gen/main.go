// Command gen writes the third-party notices of the programs into a folder, this
// one by default: the licence of Go, and of each module that go list finds linked
// on any of the systems. It runs within the module.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/roentgo/roentgo"

// programs are what the notices are of, with the systems that each runs on.
var programs = []struct {
	file, pkg string
	systems   []string
}{
	{"program.txt", module + "/sampler/cmd/roentgo", []string{"linux/amd64", "linux/arm64", "windows/amd64", "darwin/arm64"}},
	{"browser.txt", module + "/wasm", []string{"js/wasm"}},
}

// names of the files with a licence, the first of which that is there counts, and
// of those that add to it. Of two licences to choose from, GPL is not chosen.
var (
	names = []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"}
	more  = []string{"NOTICE", "PATENTS", "LICENSE-SIL", "LICENSE-link.txt", "licenses/ftl.txt"}
)

// besides are parts of modules which the modules' own licences do not name.
var besides = map[string]string{
	"github.com/cogentcore/webgpu": "It contains the library wgpu-native (github.com/gfx-rs/wgpu-native), by the gfx-rs developers,\nunder the Apache License 2.0 or the MIT License.",
}

func main() {
	log.SetFlags(0)
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	for _, p := range programs {
		text, err := notices(p.pkg, p.systems)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.file), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// notices returns the text for a program.
func notices(pkg string, systems []string) ([]byte, error) {
	folders := map[string]string{} // by module and version
	for _, system := range systems {
		goos, arch, _ := strings.Cut(system, "/")
		cgo := "1" // which has more in it; nothing is compiled
		if goos == "js" {
			cgo = "0"
		}
		list, err := run([]string{"GOOS=" + goos, "GOARCH=" + arch, "CGO_ENABLED=" + cgo}, "list", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", pkg)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(list) {
			if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				folders[name] = dir
			}
		}
	}
	root, err := run(nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	folders["Go, its standard library and runtime"] = strings.TrimSpace(root)
	return write(folders)
}

// write lists each text once, with all modules whose text it is.
func write(folders map[string]string) ([]byte, error) {
	of := map[string][]string{}
	for name, dir := range folders {
		text, err := licence(dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if b := besides[strings.Fields(name)[0]]; b != "" {
			text = b + "\n\n" + text
		}
		of[text] = append(of[text], name)
	}
	var texts []string
	for text, list := range of {
		slices.Sort(list)
		texts = append(texts, strings.Join(list, "\n")+"\n\n"+text)
	}
	slices.Sort(texts)
	var b bytes.Buffer
	b.WriteString("roentgo is under the Apache License 2.0. It contains these works of others, under their own licences.\n")
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n\n%s", strings.Repeat("=", 80), text)
	}
	return b.Bytes(), nil
}

// licence returns the texts of a module's licence.
func licence(dir string) (string, error) {
	var text string
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			text = tidy(data)
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if text == "" {
		return "", errors.New("no licence was found; look for its name and add it to names")
	}
	for _, name := range more {
		if data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			text += "\n" + name + ":\n\n" + tidy(data)
		}
	}
	return text, nil
}

// tidy makes texts that differ in line ends and in space around them the same.
func tidy(data []byte) string {
	var b strings.Builder
	for line := range strings.Lines(strings.Trim(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n\f ")) {
		b.WriteString(strings.TrimRight(line, " \t\n\f") + "\n")
	}
	return b.String()
}

func run(environment []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), environment...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%v: %w", cmd, err)
	}
	return string(out), nil
}
