package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/peak"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/weights"
)

// asProgram makes the test binary be the program itself.
const asProgram = "ROENTGO_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asPeer {
		answerAsPeer()
		return
	}
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// roentgo runs a command line within the test.
func roentgo(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// program is a command line as a process of its own.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	need.Hangup(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	return cmd, &errs
}

// refused checks that a command line ends with that status and one line that
// says so, and leaves nothing in the folder that was not there.
func refused(t *testing.T, dir string, status int, says string, args ...string) {
	t.Helper()
	before, _ := os.ReadDir(dir)
	got, stdout, stderr := roentgo(t, args...)
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	last := lines[len(lines)-1]
	if got != status || !strings.HasPrefix(last, "roentgo: ") || !strings.Contains(last, says) || strings.Contains(stdout, ".png") {
		t.Errorf("roentgo %.200q: status %d, %q; want status %d and a line with %q", args, got, stderr, status, says)
	}
	if len(lines) > 1 && !strings.HasPrefix(lines[0], "sampling on") {
		t.Errorf("roentgo %.200q says more than one line: %q", args, stderr)
	}
	after, _ := os.ReadDir(dir)
	if len(after) != len(before) {
		t.Errorf("roentgo %.200q left files: %v", args, after)
	}
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	good := samplertest.Tiny(t)
	t.Setenv(modelVariable, good)
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) string {
		if err := os.WriteFile(at(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	flipped := bytes.Clone(data)
	flipped[len(flipped)/2] ^= 1
	// A manifest with the hash of another model.
	text, err := os.ReadFile(weights.ManifestPath(good))
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]any
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	manifest["model_hash"] = strings.Repeat("0", 64)
	manifest["file"] = "hash" + weights.Extension
	if text, err = json.Marshal(manifest); err != nil {
		t.Fatal(err)
	}
	put("hash.manifest.json", text)
	d := samplertest.Description(model.Tiny())
	f := samplertest.File(t, d, weights.F16)
	d.Model.UNetChannels = []int{32, 96}
	f.Config = samplertest.File(t, d, weights.F16).Config
	out := []string{"sample", "--out", at("new.png")}
	with := func(args ...string) []string { return append(out[:len(out):len(out)], args...) }

	refused(t, dir, 1, "cut short", with("--model", put("truncated.safetensors.zst", data[:len(data)*2/3]))...)
	refused(t, dir, 1, "cut short", with("--model", put("empty.safetensors.zst", nil))...)
	refused(t, dir, 1, "not a model file", with("--model", put("text.safetensors.zst", []byte("hello, world\n")))...)
	refused(t, dir, 1, "roentgo: ", with("--model", put("flipped.safetensors.zst", flipped))...)
	refused(t, dir, 1, "hash differs", with("--model", put("hash.safetensors.zst", data))...)
	refused(t, dir, 1, "shape", with("--model", samplertest.Write(t, f))...)
	refused(t, dir, 1, "no such file", with("--model", at("absent.safetensors.zst"))...)
	refused(t, dir, 1, "hash differs", "verify", at("hash.safetensors.zst"))

	refused(t, dir, 2, "bytes of text", with(strings.Repeat("effusion ", 10000))...)
	refused(t, dir, 2, "502 tokens, the model takes 32", with(strings.Repeat("effusion ", 500))...)
	refused(t, dir, 2, "not UTF-8", with("effusion \xc3\x28")...)
	refused(t, dir, 2, "--steps 0", with("--steps", "0")...)
	refused(t, dir, 2, "1 to 1000", with("--steps", "1000000")...)
	refused(t, dir, 2, "1 to 1000", with("--steps", "-1")...)
	refused(t, dir, 2, "invalid argument", with("--steps", "many")...)
	refused(t, dir, 2, "guidance", with("--guidance", "1000")...)
	refused(t, dir, 2, "--count 0", with("--count", "0")...)
	refused(t, dir, 2, "count", with("--count", "-3")...)
	refused(t, dir, 2, "--batch 0", with("--batch", "0")...)
	refused(t, dir, 2, "batch of 65", with("--batch", "65")...)
	refused(t, dir, 2, "200-799 or 200-", with("--guidance-interval", "500")...)
	refused(t, dir, 2, "200-799 or 200-", with("--guidance-interval", "0-0")...)
	refused(t, dir, 2, "does not rise", with("--guidance-interval", "1000-")...)
	refused(t, dir, 2, "does not rise", with("--guidance-interval", "500-100")...)
	refused(t, dir, 2, "count from 0", with("--seed", "1", "--shard", "2/2")...)
	refused(t, dir, 2, "needs --seed", with("--count", "4", "--shard", "1/2")...)
	refused(t, dir, 2, "ddim, dpm++2m", with("--sampler", "euler")...)
	refused(t, dir, 2, "auto, gpu, cpu", with("--device", "tpu")...)
	refused(t, dir, 2, "threads", with("--device", "cpu", "--threads", "-1")...)
	refused(t, dir, 2, "unknown flag", with("--colour")...)
	refused(t, dir, 2, "unknown command", "smaple")
	refused(t, dir, 2, "arguments", "devices", "all")

	put("here.png", []byte("mine"))
	refused(t, dir, 2, "exists already", "sample", "--out", at("here.png"))
	if b, err := os.ReadFile(at("here.png")); err != nil || string(b) != "mine" {
		t.Errorf("the existing file is now %q (%v)", b, err)
	}
	refused(t, dir, 2, "is a folder", "sample", "--out", dir)
	refused(t, dir, 1, "cannot write to the folder", "sample", "--out", at("absent/new.png"))
	refused(t, dir, 1, "not a directory", "sample", "--out", at("here.png/new.png"))
	refused(t, dir, 1, "cannot write to the folder", "sample", "--out", "/proc/new.png")
	refused(t, dir, 2, "exists already", with("--trace", dir)...)
	refused(t, dir, 2, "one image", with("--trace", at("trace"), "--count", "2")...)

	refused(t, dir, 1, "no such file", with("--from", at("absent.png"))...)
	refused(t, dir, 1, "not a PNG", with("--from", at("here.png"))...)
	refused(t, dir, 2, "exclude each other", with("--from", at("here.png"), "--seed", "3")...)
	refused(t, dir, 2, "exclude each other", with("--from", at("here.png"), "effusion")...)

	table := func(text string) string { return put("prompts.csv", []byte(text)) }
	table("")
	many := []string{"sample", "--out", at("many"), "--prompts", at("prompts.csv")}
	refused(t, dir, 2, "no head line", many...)
	for text, says := range map[string]string{
		"text\neffusion\n":                    `no column "text"`,
		"seed\n1\n":                           "no column prompt",
		"prompt,seed\na,b\n":                  "line 2",
		"prompt,name\na,../x\n":               "cannot be that of a file",
		"prompt,name\na,x\nb,x\n":             "also that of line 2",
		"prompt,seed\na\n":                    "fields: 1, in the head line: 2",
		"prompt\n":                            "no rows",
		"prompt,seed\na,18446744073709551616": "line 2",
	} {
		table(text)
		refused(t, dir, 2, says, many...)
	}
	refused(t, dir, 2, "exclude each other", append(many, "--seed", "1")...)
	refused(t, dir, 2, "exclude each other", append(many, "effusion")...)
}

func TestNoVulkan(t *testing.T) {
	cmd, stderr := program(t, "sample", "--device", "gpu", "--out", filepath.Join(t.TempDir(), "x.png"))
	cmd.Env = append(cmd.Env, modelVariable+"="+samplertest.Tiny(t), "VK_DRIVER_FILES=/nonexistent", "VK_ICD_FILENAMES=/nonexistent")
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() != 1 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "no usable GPU") {
		t.Errorf("%v: %q", err, stderr)
	}
	// Without a GPU auto takes the CPU.
	cmd, stderr = program(t, "sample", "--steps", "1", "--out", filepath.Join(t.TempDir(), "x.png"))
	cmd.Env = append(cmd.Env, modelVariable+"="+samplertest.Tiny(t), "VK_DRIVER_FILES=/nonexistent", "VK_ICD_FILENAMES=/nonexistent")
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %q", err, stderr)
	}
}

func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	cmd, stderr := program(t, "sample", "--device", "cpu", "--steps", "1000", "--out", filepath.Join(dir, "x.png"), "--trace", filepath.Join(dir, "trace"))
	cmd.Env = append(cmd.Env, modelVariable+"="+samplertest.Tiny(t))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for list, _ := os.ReadDir(dir); len(list) == 0; list, _ = os.ReadDir(dir) { // the trace begins
		time.Sleep(10 * time.Millisecond)
		if t.Context().Err() != nil {
			t.Fatal("nothing begins")
		}
	}
	cmd.Process.Signal(syscall.SIGINT)
	began := time.Now()
	cmd.Wait()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "roentgo: interrupted") {
		t.Errorf("status %d, %q", cmd.ProcessState.ExitCode(), stderr)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v to stop", d)
	}
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("left: %v", list)
	}
}

// TestSample goes the way of a person: an image, the same again from its
// settings, many from a table.
func TestSample(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv(modelVariable, samplertest.Tiny(t))
	status, stdout, stderr := roentgo(t, "sample", "--out", at("a.png"), "--device", "cpu", "--trace", at("trace"), "pleural", "effusion", "marzipan")
	if status != 0 || !strings.Contains(stdout, "a.png (seed ") || !strings.Contains(stderr, "step 4 of 4") || !strings.Contains(stderr, "marzipan") {
		t.Fatalf("status %d, %q, %q", status, stdout, stderr)
	}
	file, err := os.Open(at("a.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	settings, err := provenance.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if settings.Prompt != "pleural effusion marzipan" || settings.Steps != 4 || settings.Seed >= 1<<53 || len(settings.ModelHash) != 64 || settings.ModelName != "model" {
		t.Errorf("settings %+v", settings)
	}
	if status, _, stderr := roentgo(t, "sample", "--from", at("a.png"), "--out", at("b.png"), "--device", "cpu"); status != 0 {
		t.Fatal(stderr)
	}
	a, b := read(t, at("a.png")), read(t, at("b.png"))
	if !bytes.Equal(a, b) {
		t.Error("made again from its settings, the file is another")
	}
	for _, name := range []string{"noise", "context", "mask", "prediction.003", "latent.003", "latent", "image"} {
		npy := read(t, filepath.Join(dir, "trace", name+".npy"))
		if !bytes.HasPrefix(npy, []byte("\x93NUMPY\x01\x00")) {
			t.Errorf("%s.npy begins with %q", name, npy[:8])
		}
	}
	// Another model refuses it.
	d := samplertest.Description(model.Tiny())
	d.Sampling.Steps = 5
	t.Setenv(modelVariable, samplertest.Write(t, samplertest.File(t, d, weights.F16)))
	refused(t, dir, 1, "was made with model", "sample", "--from", at("a.png"), "--out", at("c.png"))

	status, stdout, stderr = roentgo(t, "sample", "--json", "--out", at("many.png"), "--seed", "9", "--count", "2", "--no-mark", "--steps", "2")
	if status != 0 || strings.Contains(stderr, "step") {
		t.Fatalf("status %d, %q", status, stderr)
	}
	var events []string
	for _, line := range strings.Split(strings.TrimSpace(stdout), "\n") {
		var e struct{ Event, File, Seed string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		events = append(events, strings.TrimSpace(e.Event+" "+e.Seed))
	}
	if got := strings.Join(events, ", "); got != "start, step, step, step, image 9, image 10, end" {
		t.Errorf("events %s", got)
	}
	for _, name := range []string{"many-9.png", "many-10.png"} {
		if _, err := png.Decode(bytes.NewReader(read(t, at(name)))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}

	prompts := "prompt,seed,name\npleural effusion,3,one\nno effusion,,two\n"
	if err := os.WriteFile(at("prompts.csv"), []byte(prompts), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := roentgo(t, "sample", "--prompts", at("prompts.csv"), "--out", at("folder"), "--steps", "2"); status != 0 {
		t.Fatal(stderr)
	}
	table, err := csv.NewReader(bytes.NewReader(read(t, at("folder/metadata.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(table) != 3 || fmt.Sprint(table[1][:4]) != "[one.png pleural effusion  3]" || table[2][0] != "two.png" {
		t.Errorf("metadata.csv: %q", table)
	}
	read(t, at("folder/two.png"))
}

// TestShards makes images in one go and in parts: they are the same files.
func TestShards(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	must := func(args ...string) {
		t.Helper()
		if status, _, stderr := roentgo(t, append([]string{"sample", "--device", "cpu", "--steps", "2"}, args...)...); status != 0 {
			t.Fatalf("%q: %s", args, stderr)
		}
	}
	folder := func(name string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	prompts := filepath.Join(dir, "prompts.csv")
	if err := os.WriteFile(prompts, []byte("prompt,negative\npleural effusion,\npleural effusion,\npleural effusion,\nno effusion,normal\nnormal,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	seeds, rows := folder("seeds"), filepath.Join(dir, "rows")
	must("--seed", "18446744073709551614", "--count", "5", "--out", filepath.Join(seeds, "x.png"), "--guidance-interval", "400-800", "effusion")
	must("--prompts", prompts, "--out", rows)
	for _, of := range []string{"1", "2", "3", "7"} {
		cut, cutRows := folder("seeds of "+of), filepath.Join(dir, "rows of "+of)
		n, _ := strconv.Atoi(of)
		var lines []string
		for i := range n {
			part := fmt.Sprintf("%d/%s", i, of)
			must("--seed", "18446744073709551614", "--count", "5", "--out", filepath.Join(cut, "x.png"), "--guidance-interval", "400-800", "--shard", part, "effusion")
			must("--prompts", prompts, "--out", cutRows, "--shard", part)
			metadata := filepath.Join(cutRows, fmt.Sprintf("metadata-%d-of-%s.csv", i, of))
			_, body, _ := strings.Cut(string(read(t, metadata)), "\n")
			lines = append(lines, body)
			if err := os.Remove(metadata); err != nil {
				t.Fatal(err)
			}
		}
		sameFiles(t, seeds, cut)
		_, body, _ := strings.Cut(string(read(t, filepath.Join(rows, "metadata.csv"))), "\n")
		if got := strings.Join(lines, ""); got != body {
			t.Errorf("in %s parts the table is %q, whole it is %q", of, got, body)
		}
		if err := os.WriteFile(filepath.Join(cutRows, "metadata.csv"), read(t, filepath.Join(rows, "metadata.csv")), 0o644); err != nil {
			t.Fatal(err)
		}
		sameFiles(t, rows, cutRows)
	}
}

// TestMemoryIsFlat makes some images, so many that the collector has run, and
// many more: the memory is that of some.
func TestMemoryIsFlat(t *testing.T) {
	if peak.Memory() == 0 {
		t.Skip("this system does not report a process's memory")
	}
	t.Setenv(modelVariable, samplertest.Tiny(t))
	peak := func(count string) float64 {
		cmd, stderr := program(t, "sample", "--json", "--device", "cpu", "--steps", "1", "--seed", "1", "--count", count, "--out", filepath.Join(t.TempDir(), "x.png"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		var last event
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(last.Images) != count || last.Event != "end" || !(last.PerHour > 0) {
			t.Errorf("it ends with %+v", last)
		}
		return last.PeakMB
	}
	some, many := peak("400"), peak("2400")
	t.Logf("400 images: %.1f MB, 2400: %.1f MB", some, many)
	// The collector lets the heap vary by some MB. The images, were they kept,
	// would be all of their values more.
	const kept = 2000 * 64 * 64 * 4 / 1e6
	if many > some+kept/2 {
		t.Errorf("400 images take %.1f MB, 2400 take %.1f; the images more are of %.1f MB", some, many, kept)
	}
}

// sameFiles compares two folders, byte by byte.
func sameFiles(t *testing.T, want, got string) {
	t.Helper()
	names := func(dir string) (list []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	if a, b := names(want), names(got); !slices.Equal(a, b) || len(a) < 5 {
		t.Fatalf("%s has %q, %s has %q", want, a, got, b)
	}
	for _, name := range names(want) {
		if !bytes.Equal(read(t, filepath.Join(want, name)), read(t, filepath.Join(got, name))) {
			t.Errorf("%s of %s is another in %s", name, want, got)
		}
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestInfoVerifyDevices(t *testing.T) {
	for args, says := range map[string]string{
		"info":        "11181768", // parameters of the shipped U-Net
		"info --json": `"model_sha256":"`,
		"verify":      "good: ",
		"devices":     "auto takes: ",
		"version":     "\n",
		"licenses":    "github.com/klauspost/compress v",
	} {
		status, stdout, stderr := roentgo(t, strings.Fields(args)...)
		if status != 0 || !strings.Contains(stdout, says) {
			t.Errorf("roentgo %s: status %d, %q, %q", args, status, stdout, stderr)
		}
	}
	if adapters, err := gpu.Adapters(); err == nil {
		if _, stdout, _ := roentgo(t, "devices"); !strings.Contains(stdout, adapters[0].Name) {
			t.Errorf("devices does not list %s: %q", adapters[0].Name, stdout)
		}
	}
}

// TestInfoOfUNet pins what info says of a U-Net of each format.
func TestInfoOfUNet(t *testing.T) {
	none := model.Tiny()
	none.UNetSelfAttention, none.UNetTextPool, none.UNetAdaptiveNorm = []bool{false, false}, false, true
	for _, c := range []struct {
		config model.Config
		says   string
	}{
		{model.Paper(), "128, 256, 512, 512 channels; self-attention at 32 × 32, 16 × 16, 8 × 8; cross-attention at 32 × 32, 16 × 16, 8 × 8\n"},
		{model.Tiny(), "32, 64 channels; self-attention at 4 × 4; cross-attention at 8 × 8, 4 × 4; pooled text; adaptive norms\n"},
		{none, "32, 64 channels; self-attention nowhere; cross-attention at 8 × 8, 4 × 4; adaptive norms\n"},
	} {
		var out bytes.Buffer
		info := modelInfo{Description: sampler.Description{Model: c.config}}
		if err := info.write(&out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "U-Net") || !strings.Contains(out.String(), c.says) {
			t.Errorf("info prints\n%s\nwithout %q", out.String(), c.says)
		}
	}
}

func TestNPY(t *testing.T) {
	for _, c := range []struct {
		shape []int
		says  string
	}{{[]int{3}, "'shape': (3,)"}, {[]int{1, 2}, "'shape': (1, 2)"}} {
		b := npy(c.shape, make([]float32, 3))
		if !strings.Contains(string(b), c.says) || bytes.IndexByte(b, '\n')%64 != 63 {
			t.Errorf("shape %v: %q", c.shape, b)
		}
	}
}
