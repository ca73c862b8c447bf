package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
)

// TestNumbers gives the same numbers at every door of the command line.
func TestNumbers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	table := filepath.Join(dir, "prompts.csv")
	if err := os.WriteFile(table, []byte("prompt,seed,name\neffusion, 010,ten\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "folder")
	for path, args := range map[string][]string{
		filepath.Join(dir, "flag.png"):   {"--seed", "010", "--steps", "08", "--guidance", "02", "--out", filepath.Join(dir, "flag.png"), "effusion"},
		filepath.Join(folder, "ten.png"): {"--prompts", table, "--steps", "8", "--guidance", "2.0", "--out", folder},
		filepath.Join(dir, "shard.png"):  {"--seed", "010", "--count", "01", "--shard", "00/01", "--guidance-interval", "000-0999", "--steps", "8", "--guidance", "2", "--out", filepath.Join(dir, "shard.png"), "effusion"},
	} {
		if status, _, stderr := roentgo(t, append([]string{"sample", "--device", "cpu"}, args...)...); status != 0 {
			t.Fatalf("%q: %s", args, stderr)
		}
		if s, err := readSettings(path); err != nil || s.Seed != 10 || s.Steps != 8 || s.Guidance != 2 {
			t.Errorf("%q: seed %d, %d steps, guidance %g (%v); want 10, 8, 2", args, s.Seed, s.Steps, s.Guidance, err)
		}
	}
	for args, says := range map[string]string{
		"--seed=-1":               "leave --seed out",
		"--seed=0x10":             "leave --seed out",
		"--steps=-1":              "1 to 1000",
		"--steps=NaN":             "whole number",
		"--steps=1e1":             "whole number",
		"--count=-1":              "at least 1",
		"--batch=-1":              "batch",
		"--threads=-1":            "threads",
		"--guidance=NaN":          "not a number",
		"--guidance=Inf":          "not a number",
		"--guidance=-1":           "guidance",
		"--rescale=NaN":           "not a number",
		"--rescale=-1":            "rescale",
		"--eta=Inf":               "not a number",
		"--eta=-1":                "eta",
		"--guidance-interval=-1-": "200-799",
		"--seed=1 --shard=+1/2":   "whole number",
	} {
		refused(t, dir, 2, says, append([]string{"sample", "--out", filepath.Join(dir, "new.png")}, strings.Fields(args)...)...)
	}
	for _, seed := range []string{"-1", "NaN", "1.5", "0x10"} {
		if err := os.WriteFile(table, []byte("prompt,seed\neffusion,"+seed+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, 2, "leave it empty", "sample", "--prompts", table, "--out", filepath.Join(dir, "none"))
	}
}
