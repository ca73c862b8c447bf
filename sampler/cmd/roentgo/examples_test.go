package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// TestExamples runs the examples of SERVE.md against a server with a token: each
// saves the image of its prompt and prints the warning.
func TestExamples(t *testing.T) {
	text, err := os.ReadFile("../../SERVE.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(tokenVariable, strings.Repeat("0123456789abcdef", 2))
	address := serving(t, "--model", samplertest.Tiny(t))
	for _, c := range []struct {
		language, file string
		needs          []string
		command        []string
	}{
		{"sh", "ask.sh", []string{"curl", "jq", "base64"}, []string{"sh", "-eu"}},
		{"js", "ask.mjs", nil, []string{"node"}},
		{"go", "ask.go", nil, []string{"go", "run"}},
	} {
		t.Run(c.language, func(t *testing.T) {
			for _, program := range append(c.needs, c.command[0]) {
				need.Program(t, program)
			}
			found := regexp.MustCompile("(?s)\n```"+c.language+"\n(.*?)\n```\n").FindAllSubmatch(text, -1)
			if len(found) != 1 {
				t.Fatalf("%d examples, want one", len(found))
			}
			dir := t.TempDir()
			example := bytes.ReplaceAll(found[0][1], []byte("http://localhost:8080/"), []byte(address))
			if err := os.WriteFile(filepath.Join(dir, c.file), example, 0o644); err != nil {
				t.Fatal(err)
			}
			run := exec.CommandContext(t.Context(), c.command[0], append(c.command[1:], c.file)...)
			run.Dir = dir
			out, err := run.CombinedOutput()
			if err != nil || !strings.Contains(string(out), provenance.Warning) {
				t.Fatalf("%v: %s", err, out)
			}
			file, err := os.ReadFile(filepath.Join(dir, "xray.png"))
			if err != nil {
				t.Fatal(err)
			}
			if s, err := provenance.Read(bytes.NewReader(file)); err != nil || s.Prompt != "cardiomegaly with pleural effusion" || s.Seed != 7 {
				t.Errorf("settings %+v, %v", s, err)
			}
			if c.language == "js" && !strings.Contains(string(out), "step 4 of 4") {
				t.Errorf("no progress: %s", out)
			}
		})
	}
}
