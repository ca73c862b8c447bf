package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// asPeer makes the test binary answer as a peer of `bench`.
const asPeer = "as-peer"

func answerAsPeer() {
	fmt.Println(`{"name":"other 1.0"}`)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "unet 2":
			fmt.Println(`{"seconds":0.5}`)
		case "memory":
			fmt.Println(`{"bytes":2e9}`)
		case "decode":
			if slices.Contains(os.Args, "broken") {
				fmt.Println(`{"error":"out of order"}`)
				continue
			}
			fallthrough
		default:
			fmt.Println(`{}`)
		}
	}
}

func TestBench(t *testing.T) {
	t.Setenv(asProgram, "1") // of the process whose memory is measured
	t.Setenv(modelVariable, samplertest.Tiny(t))
	bench := func(args ...string) string {
		t.Helper()
		status, stdout, stderr := roentgo(t, append([]string{"bench", "--device", "cpu", "--runs", "2"}, args...)...)
		if status != 0 {
			t.Fatalf("%q: %s", args, stderr)
		}
		return stdout
	}
	var figures struct {
		UNet    float64 `json:"unet_ms"`
		One     float64 `json:"unet_batch_1_ms"`
		Eight   float64 `json:"unet_batch_8_ms"`
		Decode  float64 `json:"decode_ms"`
		Text    float64 `json:"text_ms"`
		Image   float64 `json:"image_s"`
		Open    float64 `json:"open_ms"`
		First   float64 `json:"first_step_ms"`
		Peak    float64 `json:"peak_mb"`
		Peers   map[string]map[string]float64
		Device  string
		Runs    int
		Version string
		Batch   int
	}
	text := bench("--json", "--peer", os.Args[0]+" "+asPeer)
	if err := json.Unmarshal([]byte(text), &figures); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for name, v := range map[string]float64{"unet": figures.UNet, "unet of 1": figures.One, "unet of 8": figures.Eight, "decode": figures.Decode,
		"text": figures.Text, "image": figures.Image, "open": figures.Open, "first step": figures.First} {
		if !(v > 0) {
			t.Errorf("%s took %g", name, v)
		}
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && !(figures.Peak > 10) {
		t.Errorf("a process took %g MB", figures.Peak)
	}
	if p := figures.Peers["other 1.0"]; p["unet_ms"] != 500 || p["peak_mb"] != 2000 || p["peak_small_mb"] != 2000 || len(p) != 3 {
		t.Errorf("the peer's figures are %v", p)
	}
	table := bench("--batch", "2", "--peer", os.Args[0]+" "+asPeer)
	if !strings.Contains(table, "other 1.0") || !strings.Contains(table, "500.0 ms") || strings.Contains(table, "batch 8") {
		t.Error(table)
	}
	var ops []struct {
		Network, Op  string
		Count        int
		GFLOPs       float64 `json:"gflop_per_s"`
		Bytes, Share float64
	}
	if text := bench("--ops", "--json", "--batch", "1"); json.Unmarshal([]byte(text), &ops) != nil {
		t.Fatal(text)
	}
	shares := map[string]float64{}
	for _, o := range ops {
		shares[o.Network] += o.Share
		if o.Count < 1 || o.Bytes <= 0 || strings.HasPrefix(o.Op, "Conv2d") && o.GFLOPs <= 0 {
			t.Errorf("%+v", o)
		}
	}
	if len(shares) != 3 {
		t.Errorf("networks %v", shares)
	}
	for network, sum := range shares {
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%s: the shares sum to %g", network, sum)
		}
	}
	if text := bench("--ops"); !strings.Contains(text, "Attention") {
		t.Error(text)
	}
	if text := bench("--preset", "tiny", "--steps", "3", "--sampler", schedule.UniPC); !strings.Contains(text, "unipc, 3 steps") {
		t.Error(text)
	}
	if text := bench("study", "--seeds", "1"); strings.Count(text, "\n") != 5 || !strings.Contains(text, "1.000") {
		t.Error(text)
	}
}

func TestBenchRefusals(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	out := filepath.Join(dir, "out")
	refused(t, dir, 2, "--runs 0", "bench", "--runs", "0")
	refused(t, dir, 2, "no preset", "bench", "--preset", "huge")
	refused(t, dir, 2, "exclude each other", "bench", "--preset", "tiny", "--model", "x")
	refused(t, dir, 2, "exclude each other", "bench", "--ops", "--peer", "x")
	refused(t, dir, 2, "no device", "bench", "--device", "tpu")
	refused(t, dir, 2, "batch of 1000", "bench", "--batch", "1000")
	refused(t, dir, 2, "33 tokens", "bench", "--tokens", "33")
	refused(t, dir, 1, "no such file", "bench", "--model", filepath.Join(dir, "absent"))
	refused(t, dir, 1, "not found", "bench", "--peer", "roentgo-peer-that-is-not-there")
	refused(t, dir, 1, "out of order", "bench", "--peer", os.Args[0]+" "+asPeer+" broken")
	refused(t, dir, 1, "peer", "bench", "--peer", "true")
	refused(t, dir, 2, "--seeds 0", "bench", "study", "--seeds", "0")
	refused(t, dir, 2, "--seeds 0", "bench", "quality", "--seeds", "0", "--out", out)
	refused(t, dir, 2, "50 must be", "bench", "quality", "--steps", "8", "--out", out)
	refused(t, dir, 1, "multiple of 128", "bench", "quality", "--out", out)
	refused(t, dir, 2, "cannot be varied", "bench", "growth", "--model", "x", "--out", out)
	if err := os.WriteFile(out+".csv", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, 2, "exists already", "bench", "growth", "--preset", "tiny", "--out", out)
	refused(t, dir, 2, "exists already", "bench", "quality", "--out", out)
}

// csvAndSVG reads what a command wrote.
func csvAndSVG(t *testing.T, path string) [][]string {
	t.Helper()
	table, err := csv.NewReader(strings.NewReader(string(read(t, path+".csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(string(read(t, path+".svg")))); ; {
		_, err := d.Token()
		if err == io.EOF {
			return table
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestBenchQuality(t *testing.T) {
	c := model.Tiny()
	c.ImageSize = 128
	t.Setenv(modelVariable, samplertest.Write(t, samplertest.File(t, samplertest.Description(c), weights.F16)))
	out := filepath.Join(t.TempDir(), "quality")
	status, stdout, stderr := roentgo(t, "bench", "quality", "--device", "cpu", "--seeds", "1", "--steps", "8,50", "--out", out)
	if status != 0 || !strings.Contains(stdout, "cheapest as near as 50 DDIM steps: ") {
		t.Fatalf("status %d: %s %s", status, stdout, stderr)
	}
	table := csvAndSVG(t, out)
	evaluations := map[string]string{}
	for _, row := range table[1:] {
		evaluations[strings.Join(row[:4], " ")] = row[4]
	}
	// 8 trailing timesteps are 999, 874, 749, 624, 499, 374, 249, 124.
	for setting, want := range map[string]string{"ddim 50 0 0": "100", "unipc 8 0 0": "16", "unipc 8 200 0": "15", "unipc 8 200 799": "13", "dpm++2m 8 0 0": "16"} {
		if got := evaluations[setting]; got != want {
			t.Errorf("%s: %q evaluations, want %s", setting, got, want)
		}
	}
}

func TestBenchGrowth(t *testing.T) {
	out := filepath.Join(t.TempDir(), "growth")
	status, stdout, stderr := roentgo(t, "bench", "growth", "--device", "cpu", "--preset", "tiny", "--threads", "2", "--runs", "1", "--out", out)
	if status != 0 {
		t.Fatalf("status %d: %s %s", status, stdout, stderr)
	}
	table := csvAndSVG(t, out)
	const points = 6 + 5 + 5 + 2*3 + 2*2 // by steps, batch, tokens, size and threads
	if want := 1 + points; len(table) != want {
		t.Errorf("%d lines, want %d: %s", len(table), want, stdout)
	}
}
