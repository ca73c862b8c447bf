package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// browser is the library for browsers, whose bill is written with those of the
// programs.
var browser = target{"js", "wasm"}

// bills writes a software bill of materials for each program, and for the library
// for browsers, into dir.
func bills(ctx context.Context, source, dir string, targets []target) error {
	for _, t := range targets {
		if err := bill(ctx, source, dir, t, "sampler/cmd/roentgo", t.program()); err != nil {
			return err
		}
	}
	return bill(ctx, source, dir, browser, "wasm", "roentgo.wasm")
}

// bill writes a bill of materials of a program, NAME.cdx.json: CycloneDX, with the
// modules that are linked, their hashes and licences. It has no time and no
// random number, so that it is the same each time.
func bill(ctx context.Context, source, dir string, t target, pkg, name string) error {
	file, err := filepath.Abs(filepath.Join(dir, name+".cdx.json"))
	if err != nil {
		return err
	}
	// The tool is built for this machine, and run for the target.
	tool := exec.CommandContext(ctx, "go", "tool", "-modfile=.ci/tools/go.mod", "-n", "cyclonedx-gomod")
	tool.Dir = source
	path, err := tool.Output()
	if err != nil {
		return fmt.Errorf("%v: %w", tool, err)
	}
	cmd := exec.CommandContext(ctx, strings.TrimSpace(string(path)), "app", "-json", "-licenses", "-std", "-noserial", "-notimestamp", "-main", pkg, "-output", file)
	cmd.Dir, cmd.Env = source, t.environment()
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("bill of materials of %s for %s: %w\n%s", pkg, t, err, text)
	}
	return os.Chmod(file, 0o644)
}
