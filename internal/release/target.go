package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// released are the systems that a release is for.
var released = []string{"linux/amd64", "linux/arm64", "windows/amd64", "darwin/amd64", "darwin/arm64"}

// target is a system that a program is built for. The program computes on its CPU:
// the GPU needs a C compiler of that system.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

func parseTargets(list string) ([]target, error) {
	var targets []target
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(released, name) {
			return nil, fmt.Errorf("-targets: no release is made for %q, but for %s", name, strings.Join(released, ", "))
		}
		system, arch, _ := strings.Cut(name, "/")
		targets = append(targets, target{system, arch})
	}
	return targets, nil
}

// environment is what Go needs to build for the target, and nothing of the
// caller's that would change the program.
func (t target) environment() []string {
	return append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOWORK=off")
}

// program is the name of the program's file.
func (t target) program() string {
	name := "roentgo-" + t.os + "-" + t.arch
	if t.os == "windows" {
		name += ".exe"
	}
	return name
}

// build compiles the program of a folder of sources into dir. What differs between two folders of the same
// sources, their paths, stays out of it.
func (t target) build(ctx context.Context, source, dir string) error {
	file, err := filepath.Abs(filepath.Join(dir, t.program()))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", file, "./sampler/cmd/roentgo")
	cmd.Dir, cmd.Env = source, t.environment()
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building for %s: %w\n%s", t, err, text)
	}
	return nil
}

// emulators are the programs that start one of another system.
var emulators = map[target]string{
	{"linux", "arm64"}:   "qemu-aarch64",
	{"windows", "amd64"}: "wine",
}

// start makes an image with the program where this machine can run it, and returns
// a line that says so, or why not.
func (t target) start(ctx context.Context, dir string) (string, error) {
	file, err := filepath.Abs(filepath.Join(dir, t.program()))
	if err != nil {
		return "", err
	}
	command := []string{file}
	how := "started here"
	if t != (target{runtime.GOOS, runtime.GOARCH}) {
		emulator := emulators[t]
		if emulator == "" {
			return "NOT STARTED: no emulator runs it", nil
		}
		path, err := exec.LookPath(emulator)
		if err != nil {
			return "NOT STARTED: " + emulator + " is not installed", nil
		}
		command, how = append([]string{path}, command...), "started by "+emulator
	}
	work, err := os.MkdirTemp("", "roentgo-release-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	image := filepath.Join(work, "image.png")
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], "sample", "--device", "cpu", "--seed", "1", "--out", image, "pleural effusion")...)
	text, err := cmd.CombinedOutput()
	if lacks := "bcryptprimitives.dll"; err != nil && bytes.Contains(text, []byte(lacks+" not found")) {
		return "NOT STARTED: this wine lacks " + lacks + ", from which Go programs take random numbers (wine 10 has it)", nil
	}
	if err != nil {
		return "", fmt.Errorf("%v: %w\n%s", cmd, err, text)
	}
	data, err := os.ReadFile(image)
	if err != nil {
		return "", err
	}
	if !bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) {
		return "", fmt.Errorf("%v wrote no PNG", cmd)
	}
	return fmt.Sprintf("%s, made an image of %d bytes, SHA-256 %.8x…", how, len(data), sha256.Sum256(data)), nil
}
