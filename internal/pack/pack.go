// Package pack builds the library for browsers into a folder: an npm package
// whose files any static host can serve. The same sources and the same Go give
// the same bytes.
package pack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/roentgo/roentgo/internal/notices"
)

// scripts are the modules that esbuild bundles, each with all that it imports.
var scripts = []string{"wasm/roentgo.js", "wasm/worker.js", "wasm/node/index.js", "wasm/node/worker.js"}

// copied are the files that go into the package as they are.
var copied = []string{"wasm/roentgo.d.ts", "wasm/react.d.ts", "wasm/node.d.ts", "wasm/package.json", "wasm/README.md", "LICENSE"}

// noticesFile has the licences of the works of others in the program.
const noticesFile = "NOTICES.txt"

// Build writes the package into a folder, which is made where it does not
// exist. root is the repository; it must have go in its PATH.
func Build(ctx context.Context, root, dir string) error {
	root, err := filepath.Abs(root) // esbuild wants it
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	goroot, err := output(ctx, root, "go", "env", "GOROOT")
	if err != nil {
		return err
	}
	if err := bundle(root, dir, filepath.Join(goroot, "lib/wasm/wasm_exec.js")); err != nil {
		return err
	}
	for _, name := range copied {
		if err := copyFile(filepath.Join(root, name), filepath.Join(dir, filepath.Base(name))); err != nil {
			return err
		}
	}
	if err := copyFile(filepath.Join(root, notices.Browser), filepath.Join(dir, noticesFile)); err != nil {
		return err
	}
	return program(ctx, root, filepath.Join(dir, "roentgo.wasm"))
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// program compiles the Go program. What could differ between two machines, the
// path of the sources and the state of the repository, stays out of it.
func program(ctx context.Context, root, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(root, "wasm/package.json"))
	if err != nil {
		return err
	}
	var described struct{ Version string }
	if err := json.Unmarshal(text, &described); err != nil {
		return fmt.Errorf("pack: package.json: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version="+described.Version, "-o", path, "./wasm")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWASM=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pack: compiling: %w\n%s", err, text)
	}
	return nil
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("pack: %s: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// bundle writes the scripts, minified. Go's own start-up script is taken from
// the Go that compiles the program, as the two must be of one version.
func bundle(root, dir, wasmExec string) error {
	if _, err := os.Stat(wasmExec); err != nil {
		return fmt.Errorf("pack: this Go lacks its script for browsers: %w", err)
	}
	options := api.BuildOptions{
		Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Platform: api.PlatformBrowser,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, LegalComments: api.LegalCommentsInline,
		External: []string{"node:*"}, Outdir: dir, Write: true, AbsWorkingDir: root, LogLevel: api.LogLevelSilent,
		Plugins: []api.Plugin{{Name: "roentgo", Setup: func(b api.PluginBuild) {
			b.OnResolve(api.OnResolveOptions{Filter: `^roentgo:wasm_exec\.js$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: wasmExec}, nil
			})
		}}},
	}
	for _, s := range scripts {
		name := strings.TrimSuffix(strings.TrimPrefix(s, "wasm/"), ".js")
		options.EntryPointsAdvanced = append(options.EntryPointsAdvanced, api.EntryPoint{InputPath: filepath.Join(root, s), OutputPath: name})
	}
	var list []error
	for _, m := range api.Build(options).Errors {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		list = append(list, fmt.Errorf("pack: %s%s", where, m.Text))
	}
	return errors.Join(list...)
}
