//go:build unix

package main

import (
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
	tables "github.com/roentgo/roentgo/internal/table"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// TestFileModes obeys the umask, and keeps the mode of what is replaced.
func TestFileModes(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	prompts := write(t, filepath.Join(dir, "prompts.csv"), "prompt\neffusion\n")
	for umask, want := range map[int]fs.FileMode{0o077: 0, 0o022: 0o044} {
		out, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		at := func(name string) string { return filepath.Join(out, name) }
		write(t, at("kept.png"), "")
		before := syscall.Umask(umask)
		for _, args := range [][]string{{"--out", at("x.png"), "--trace", at("trace")}, {"--force", "--out", at("kept.png")}, {"--prompts", prompts, "--out", at("many")}} {
			if status, _, stderr := roentgo(t, append([]string{"sample", "--device", "cpu", "--steps", "1"}, args...)...); status != 0 {
				t.Error(stderr)
			}
		}
		syscall.Umask(before)
		for name, want := range map[string]fs.FileMode{"x.png": 0o600 | want, "kept.png": 0o600, "many/000001.png": 0o600 | want, "many/metadata.csv": 0o600 | want,
			"trace": 0o700 | want | want>>2, "trace/latent.npy": 0o600 | want, "many": 0o700 | want | want>>2} {
			if st, err := os.Stat(at(name)); err != nil || st.Mode().Perm() != want {
				t.Errorf("umask %o: %s has mode %o (%v), want %o", umask, name, st.Mode().Perm(), err, want)
			}
		}
	}
}

// TestOutputNames refuses what an image should not be called, before the model
// is opened.
func TestOutputNames(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv(modelVariable, at("absent"))
	if err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.Symlink("/dev/null", at("device")), os.Symlink("mine", at("link"))); err != nil {
		t.Fatal(err)
	}
	write(t, at("mine"), "mine")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"PNG files", []string{"--out", at("x.jpg")}}, {"ends in .png", []string{"--out", at("x.dicom")}}, {"the name of a file is needed", []string{"--out", ""}},
		{"a pipe", []string{"--force", "--out", at("pipe")}}, {"a device", []string{"--force", "--out", at("device")}}, {"a device", []string{"--force", "--out", "/dev/null"}},
		{"exists already", []string{"--out", at("link")}}, {"is a folder", []string{"--force", "--out", dir}},
		{"takes one image", []string{"--out", "-", "--count", "2"}}, {"takes one image", []string{"--out", "-", "--json"}},
		{"bytes long", []string{"--seed", "1", "--count", "2", "--out", at(strings.Repeat("x", 240) + ".png")}},
		{"at most 1000000", []string{"--seed", "1", "--count", "300000000", "--out", at("x.png")}},
		{"at most 1000000", []string{"--seed", "1", "--count", "1000001", "--out", at("x.png")}},
		{"excludes others", []string{"--out", at("x.png"), "-", "effusion"}},
	} {
		began := time.Now()
		refused(t, dir, 2, c.says, append([]string{"sample"}, c.args...)...)
		if d := time.Since(began); d > time.Second {
			t.Errorf("%q was refused after %v", c.args, d)
		}
	}
	refused(t, dir, 1, "name too long", "sample", "--out", at(strings.Repeat("x", 300)+".png"))

	t.Setenv(modelVariable, samplertest.Tiny(t))
	if status, _, stderr := roentgo(t, "sample", "--device", "cpu", "--steps", "1", "--force", "--out", at("link")); status != 0 {
		t.Fatal(stderr)
	}
	if st, err := os.Lstat(at("link")); err != nil || st.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link was replaced (%v)", err)
	}
	if _, err := readSettings(at("mine")); err != nil {
		t.Errorf("the link's target: %v", err)
	}
	status, stdout, stderr := roentgo(t, "sample", "--device", "cpu", "--steps", "1", "--seed", "7", "--out", "-", "effusion")
	if s, err := provenance.Read(strings.NewReader(stdout)); status != 0 || err != nil || s.Seed != 7 {
		t.Errorf("--out -: status %d, seed %d (%v), %q", status, s.Seed, err, stderr)
	}
}

// TestTraceReplaces replaces an earlier trace and nothing else.
func TestTraceReplaces(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv(modelVariable, samplertest.Tiny(t))
	args := func(more ...string) []string {
		return append([]string{"sample", "--device", "cpu", "--steps", "2", "--force", "--out", at("x.png")}, more...)
	}
	trace := func(more ...string) {
		t.Helper()
		if status, _, stderr := roentgo(t, args(more...)...); status != 0 {
			t.Fatal(stderr)
		}
	}
	trace("--trace", at("t"))
	write(t, at("t/latent.017.npy"), "of more steps")
	trace("--trace", at("t")+"/")
	if _, err := os.Stat(at("t/latent.017.npy")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a step of the earlier trace is left (%v)", err)
	}
	read(t, at("t/latent.001.npy"))
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Errorf("the folder holds %v (%v)", list, err)
	}
	refused(t, dir, 2, "lies in --trace", "sample", "--force", "--trace", at("t"), "--out", at("t/x.png"))
	write(t, at("t/chapter.txt"), "mine")
	refused(t, dir, 2, `holds "chapter.txt"`, args("--trace", at("t"))...)
	if got := string(read(t, at("t/chapter.txt"))); got != "mine" {
		t.Errorf("the chapter is %q", got)
	}
	refused(t, dir, 2, "exists already", "sample", "--out", at("y.png"), "--trace", at("t")+"/")
}

// TestPromptFromInput reads what is piped in where - asks for it, and says
// where it does not.
func TestPromptFromInput(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		input, file, prompt, says string
		args                      []string
	}{
		{"right lower lobe opacity\n", "a.png", "right lower lobe opacity", "", []string{"--out", at("a.png"), "-"}},
		{"right lower lobe opacity\n", "b.png", "", "give - as the prompt", []string{"--out", at("b.png")}},
		{"prompt\neffusion\n", "c/000001.png", "effusion", "", []string{"--out", at("c"), "--prompts", "-"}},
	} {
		cmd, stderr := program(t, append([]string{"sample", "--device", "cpu", "--steps", "1"}, c.args...)...)
		cmd.Env = append(cmd.Env, modelVariable+"="+samplertest.Tiny(t))
		cmd.Stdin = strings.NewReader(c.input) // by a pipe
		if err := cmd.Run(); err != nil || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("%q: %v, %q", c.args, err, stderr)
		}
		if s, err := readSettings(at(c.file)); err != nil || s.Prompt != c.prompt {
			t.Errorf("%q: the prompt is %q (%v), want %q", c.args, s.Prompt, err, c.prompt)
		}
	}
}

// TestPromptsFiles reads tables as spreadsheets write them, and refuses names
// that are not a file's everywhere.
func TestPromptsFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prompts.csv")
	utf16 := []byte{0xff, 0xfe}
	for _, c := range "prompt\tseed\r\nno effusion, normal\t5\r\n" {
		utf16 = append(utf16, byte(c), 0)
	}
	for _, c := range []struct{ name, text string }{
		{"plain", "prompt,seed\n\"no effusion, normal\",5\n"},
		{"mark before a quote", "\xef\xbb\xbf\"prompt\",\"seed\"\r\n\"no effusion, normal\",5\r\n"},
		{"semicolons", "prompt;seed\nno effusion, normal;5\n"},
		{"tabs", "Prompt\tSEED\nno effusion, normal\t5\n"},
		{"UTF-16", string(utf16)},
		{"bars", "prompt|seed\nno effusion, normal|5\n"},
		{"carriage returns", "prompt;seed\rno effusion, normal;5\r"},
		{"its separator named", "sep=;\r\nprompt;seed\r\nno effusion, normal;5\r\n"},
		{"spaces", "prompt, seed\n\n\"no effusion, normal\", 5\n"},
		{"index", ",prompt,seed\n0,\"no effusion, normal\",5\n"},
	} {
		write(t, path, c.text)
		rows, err := readPrompts(t.Context(), path)
		if err != nil || len(rows) != 1 || rows[0] != (row{"000001", "no effusion, normal", "", 5}) {
			t.Errorf("%s: %+v, %v", c.name, rows, err)
		}
	}
	long := strings.Repeat("x", 252)
	for name, says := range map[string]string{
		"a\x1b[31mb": "not shown", "\"a\nb.png (seed 7)\"": "not shown", "\u202egnp": "not shown", "CON": "Windows", "com1.old": "Windows", "trailing.": "ends in a dot",
		"x ": "space", "a?b": "one of", "../x": "one of", ".x": "dot", long: "longer",
	} {
		write(t, path, "prompt,name\nnormal,ok\neffusion,"+name+"\n")
		if _, err := readPrompts(t.Context(), path); err == nil || !strings.Contains(err.Error(), says) || !errors.As(err, new(misuse)) || strings.ContainsAny(err.Error(), "\x1b\u202e\n") {
			t.Errorf("name %q: error %v, want one with %q", name, err, says)
		}
	}
	for text, says := range map[string]string{
		"prompt,seed\nno effusion, normal,5\n":        "line 2: fields: 3, in the head line: 2",
		"prompt\x00\n":                                "not a table",
		"prompt,name\na,x\nb,X\n":                     "also that of line 2",
		"prompt,name\na,caf\u00e9\nb,cafe\u0301\n":    "also that of line 2",
		"prompt,prompt\na,b\n":                        "two columns",
		"prompt\n" + strings.Repeat("a\n", maxRows+1): "more than 1000000 rows",
	} {
		write(t, path, text)
		if _, err := readPrompts(t.Context(), path); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: error %v, want one with %q", text, err, says)
		}
	}
	if err := os.Truncate(path, tables.MaxBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, err := readPrompts(t.Context(), path); err == nil || !strings.Contains(err.Error(), "more than 256 MiB") {
		t.Errorf("a large file: error %v", err)
	}
}

// TestTwoRuns lets another run write the same name first: neither image is
// lost.
func TestTwoRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	f := &sampleFlags{}
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	img := func(seed uint64) *sampler.Image {
		return &sampler.Image{Size: 8, Pix: make([]float32, 64), Settings: sampler.Settings{Seed: seed}}
	}
	for _, c := range []struct {
		seed uint64
		want string
	}{{1, "x.png"}, {1, "x.png"}, {2, "x (2).png"}, {3, "x (3).png"}, {2, "x (2).png"}} {
		got, err := f.save(s, img(c.seed), planned{path: path}, true)
		if err != nil || filepath.Base(got) != c.want {
			t.Errorf("seed %d is in %s (%v), want %s", c.seed, got, err, c.want)
		}
	}
}

// TestNamesInFiles prints what a stranger's file says without its escapes.
func TestNamesInFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	bad := provenance.Settings{Steps: 1, ModelName: "a\x1b[31mb\nforged: line", ModelHash: "\x1b[0m", Seed: 1}
	if err := provenance.WriteFile(path, image.NewGray(image.Rect(0, 0, 8, 8)), bad, false); err != nil {
		t.Fatal(err)
	}
	t.Setenv(modelVariable, samplertest.Tiny(t))
	status, stdout, stderr := roentgo(t, "sample", "--device", "cpu", "--from", path, "--out", filepath.Join(t.TempDir(), "y.png"))
	if status != 1 || strings.ContainsRune(stdout+stderr, '\x1b') || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "was made with model") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
}
