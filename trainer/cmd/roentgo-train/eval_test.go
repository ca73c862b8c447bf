//go:build libtorch

package main

import (
	"encoding/csv"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/specimen"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// TestEval trains a classifier of a look that is easy to learn, and measures a
// random model, which ignores its prompt.
func TestEval(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	data := judgedData(t, dir, 60)
	if status, _, stderr := program(t, "classifier", "--device", "cpu", "--data", data, "--run", at("judge"), "--steps", "60", "--batch", "8", "--warmup", "5", "--ema", "0.9", "--precision", "f32"); status != 0 {
		t.Fatal(stderr)
	}
	model := tinyModel(t, dir)
	command := func(out string, more ...string) []string {
		return append([]string{"eval", "--device", "cpu", "--model", model, "--data", data, "--classifier", at("judge"), "--out", at(out)}, more...)
	}
	refused(t, 2, "--seeds is 1", command("bad", "--seeds", "1")...)
	refused(t, 2, "--guidance is 0.5", command("bad", "--guidance", "2,0.5")...)
	refused(t, 2, "either --model or --images", "eval", "--device", "cpu", "--data", data, "--classifier", at("judge"), "--out", at("bad"))
	refused(t, 2, "--captions is 3", command("bad", "--captions", "3")...)
	refused(t, 1, "--lpips", command("bad", "--lpips", at("vocab.txt"))...)
	refused(t, 2, "exists already", command("judge")...)
	refused(t, 1, "no such file", "eval", "--device", "cpu", "--model", model, "--data", data, "--classifier", at("absent"), "--out", at("bad"))

	if status, stdout, stderr := program(t, command("out", "--seeds", "2", "--captions", "12", "--guidance", "1,3", "--curve")...); status != 0 || !strings.Contains(stdout, "guidance 3") {
		t.Fatal(stdout, stderr)
	}
	var v evaluation
	text, err := os.ReadFile(at("out/eval.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Results) != 2 || v.Results[0].Guidance != 1 || v.Results[1].Guidance != 3 || v.Seeds != 2 || len(v.Model) != 64 || len(v.Classifier) != 64 {
		t.Fatalf("%+v", v)
	}
	r := v.Results[0]
	effusion := r.Findings[0]
	if len(r.Findings) != len(dataset.FindingLabels()) || effusion.Finding != "Effusion" || effusion.Real == nil || effusion.Real.Value < 0.9 || effusion.RealPositives < 5 {
		t.Errorf("on real images: %+v", effusion)
	}
	if hernia := r.Findings[len(r.Findings)-1]; hernia.Real != nil || hernia.Made == nil {
		t.Errorf("%s, which no image has: %+v", hernia.Finding, hernia)
	}
	if effusion.Made == nil || !(effusion.Made.Value >= 0 && effusion.Made.Value <= 1) || effusion.Change > 0.2 {
		t.Errorf("of a random model: %+v", effusion)
	}
	if !(r.Detail > 0) || r.SeedSpread == nil || !(*r.SeedSpread > 0) || r.FeatureDistance == nil || v.Reconstructed == nil || !(v.Reconstructed.PSNR > 0) {
		t.Errorf("%+v, %+v", r, v.Reconstructed)
	}
	if p := r.Privacy; p.Features.Value != r.NearFeatures || p.Pixels.Value != r.NearPixels || p.Copies {
		t.Errorf("a random model copies training images: %+v", p)
	}
	checkText(t, v)
	checkCaptioned(t, v)
	checkFiles(t, at("out"))
	checkFolder(t, dir, data, at("judge"))
	checkQuantize(t, model, at("judge"), at("quantize"))
	checkUsefulness(t, dir, data, model)
	checkSeeds(t, dir, data, model)
}

// checkSeeds lists the seeds of a random model, most of which show nothing.
func checkSeeds(t *testing.T, dir, data, model string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	command := func(more ...string) []string {
		return append([]string{"seeds", "--device", "cpu", "--model", model, "--data", data, "--classifier", at("judge"), "--out", at("seeds.json")}, more...)
	}
	refused(t, 2, "--seeds is 19", command("--seeds", "19")...)
	refused(t, 2, "--keep is 21", command("--seeds", "20", "--keep", "21")...)
	refused(t, 2, "no label of a finding", command("--finding", "pleural effusion")...)
	again := command("--seeds", "20", "--keep", "3", "--finding", "Effusion", "--finding", "Hernia")
	if status, stdout, stderr := program(t, again...); status != 0 || !strings.Contains(stdout, "of 20 seeds pass") {
		t.Fatal(stdout, stderr)
	}
	refused(t, 2, "exists already", again...)
	text, err := os.ReadFile(at("seeds.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list checkedSeeds
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Model) != 64 || len(list.Classifier) != 64 || list.Tried != 20 || len(list.Findings) != 2 || list.Normal["AP"] != "AP chest x-ray, normal chest" {
		t.Errorf("%+v", list)
	}
	for finding, views := range list.Findings {
		for _, view := range []string{"PA", "AP"} {
			v, ok := views[view]
			if !ok || v.Rule != ruleNormal || len(v.Seeds) != min(v.Passed, 3) || !strings.HasPrefix(v.Prompt, view) {
				t.Errorf("%s, %s: %+v", finding, view, v)
			}
		}
	}
}

// TestChoosesSeeds chooses among scores that are made up: those of 40 normal images are
// 0 to 39, of either finding.
func TestChoosesSeeds(t *testing.T) {
	c := chooser{outputs: map[string]int{"Edema": 0, "Mass": 1}, findings: []string{"Edema", "Mass"}, finding: "Edema"}
	scores := make([][]float64, 40)
	for seed := range scores {
		c.normal = append(c.normal, []float64{float64(seed), float64(seed)})
		scores[seed] = []float64{50 + float64(seed), float64(seed)}
	}
	scores[3][0] = 38.5                       // above 95 of 100 normal images, not above real ones
	scores[4][0] = 38                         // as a normal image
	scores[38][1], c.normal[38][1] = 60, 39.5 // both may show a mass
	s := c.choose(scores, 45)
	// The normal image of seed 39 is no usual one.
	if s.Rule != ruleReal || s.Threshold != 45 || s.Passed != 37 || s.Seeds[0].Seed != 38 || s.Seeds[36].Seed != 0 {
		t.Errorf("%+v", s)
	}
	if top := s.Seeds[0]; !slices.Equal(top.Also, []string{"lung mass"}) || top.Clear {
		t.Errorf("both images of the seed may show a mass: %+v", top)
	}
	if last := s.Seeds[36]; last.Also != nil || !last.Clear {
		t.Errorf("neither image of the seed may show a mass: %+v", last)
	}
	// Few are above half of the real images.
	if s := c.choose(scores, 80); s.Rule != ruleNormal || s.Threshold != 38 || s.Passed != 38 {
		t.Errorf("%+v", s)
	}
}

// checkUsefulness trains a classifier on images of a model and compares it with
// one of real images.
func checkUsefulness(t *testing.T, dir, data, model string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	synthesize := []string{"synthesize", "--device", "cpu", "--model", model, "--data", data, "--out", at("synthetic")}
	if status, stdout, stderr := program(t, synthesize...); status != 0 || !strings.Contains(stdout, "37 images of captions and 23 real ones, 23 of them held out") {
		t.Fatal(stdout, stderr)
	}
	refused(t, 2, "exists already", synthesize...)
	again := []string{"synthesize", "--device", "cpu", "--made", at("synthetic"), "--data", data, "--with-real", "--out", at("both")}
	if status, stdout, stderr := program(t, again...); status != 0 || !strings.Contains(stdout, "37 images of captions and 60 real ones, 23 of them held out") {
		t.Fatal(stdout, stderr)
	}
	refused(t, 1, "other data", "synthesize", "--device", "cpu", "--made", data, "--data", data, "--out", at("new"))
	refused(t, 2, "either --model or --made", "synthesize", "--device", "cpu", "--data", data, "--out", at("new"))
	if status, _, stderr := program(t, "classifier", "--device", "cpu", "--data", at("synthetic"), "--run", at("judge-synthetic"), "--steps", "20", "--batch", "8", "--warmup", "5", "--ema", "0.9", "--precision", "f32"); status != 0 {
		t.Fatal(stderr)
	}
	usefulness := []string{"usefulness", "--device", "cpu", "--data", data, "--real", at("judge"), "--other", at("judge-synthetic"), "--out", at("useful.csv")}
	if status, stdout, stderr := program(t, usefulness...); status != 0 || !strings.Contains(stdout, "Effusion") || strings.Contains(stdout, "Hernia") {
		t.Fatal(stdout, stderr)
	}
	refused(t, 1, "exists", usefulness...)
	refused(t, 1, "no such file", "usefulness", "--device", "cpu", "--data", data, "--real", at("absent"), "--other", at("judge"), "--out", at("new.csv"))
	f, err := os.Open(at("useful.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 3 || rows[1][0] != "Effusion" || rows[2][2] != at("judge-synthetic") {
		t.Fatalf("%q, %v", rows, err)
	}
	values := make([]float64, 3)
	for k, text := range []string{rows[1][3], rows[2][3], rows[2][6]} {
		if values[k], err = strconv.ParseFloat(text, 64); err != nil {
			t.Fatal(err)
		}
	}
	if real, other, gain := values[0], values[1], values[2]; real < 0.9 || !(other >= 0 && other <= 1) || math.Abs(other-real-gain) > 2e-4 {
		t.Errorf("AUC of the classifier of real images %g, of synthetic ones %g, gain %g", real, other, gain)
	}
}

// TestCompareClassifiers compares scores whose AUC is known.
func TestCompareClassifiers(t *testing.T) {
	data, err := dataset.Open(judgedData(t, t.TempDir(), 60))
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	test := data.Split(dataset.Test)
	var right, wrong [][]float64
	for _, i := range test {
		up, down := make([]float64, len(train.ClassifierOutputs())), make([]float64, len(train.ClassifierOutputs()))
		for k, output := range train.ClassifierOutputs() {
			if data.Records[i].Has(output) {
				up[k], down[k] = 1, -1
			}
		}
		right, wrong = append(right, up), append(wrong, down)
	}
	list := compare(data, test, []string{"right", "wrong"}, [][][]float64{right, wrong})
	if len(list) < 2 || list[0].finding != "Effusion" || list[0].gain != nil || list[0].auc.Value != 1 || list[1].run != "wrong" || list[1].auc.Value != 0 || list[1].gain.Value != -1 || list[1].gain.High != -1 {
		t.Errorf("%+v", list)
	}
	var sum float64
	for i := 1; i < len(list)-2; i += 2 {
		sum += list[i].gain.Value / float64(len(list)/2-1)
	}
	if last := list[len(list)-1]; last.finding != meanOutput || last.run != "wrong" || math.Abs(last.gain.Value-sum) > 1e-9 {
		t.Errorf("mean of the gains %g: %+v", sum, last)
	}
}

// checkFolder measures the images that the data were prepared from, as if a
// model had made them: they are as sharp as real ones, and nearer than noise.
func checkFolder(t *testing.T, dir, data, judge string) {
	t.Helper()
	out := filepath.Join(dir, "folder")
	command := []string{"eval", "--device", "cpu", "--images", dir, "--data", data, "--classifier", judge, "--out", out}
	if status, stdout, stderr := program(t, command...); status != 0 || !strings.Contains(stdout, "60 images: FID-roentgo") {
		t.Fatal(stdout, stderr)
	}
	var v evaluation
	text, err := os.ReadFile(filepath.Join(out, "eval.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if f := v.Folder; f == nil || f.Distance.Images != 60 || !(f.Detail > 0.8 && f.Detail < 1.25) || !(f.Distance.Coverage.Value > 0.9 && f.Distance.Frechet.Value < v.Distances.Rows[len(v.Distances.Rows)-1].Frechet.Value) || len(v.Results) != 0 {
		t.Errorf("folder %+v", f)
	}
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil || !strings.Contains(string(page), "images of the folder") {
		t.Errorf("page: %v", err)
	}
	specimen.WritePNG(t, filepath.Join(dir, "x.png"), image.NewGray(image.Rect(0, 0, 32, 64)))
	refused(t, 1, "x.png: the image has 32 × 64 pixels", append(command[:len(command)-1:len(command)-1], filepath.Join(dir, "bad"))...)
}

// checkQuantize checks that fewer bits make a smaller file and other images, and
// that an export takes the groups by the names that the table has.
func checkQuantize(t *testing.T, model, judge, out string) {
	t.Helper()
	refused(t, 2, "--seeds is 1", "quantize", "--device", "cpu", "--model", model, "--classifier", judge, "--out", out, "--seeds", "1")
	if status, _, stderr := program(t, "quantize", "--device", "cpu", "--model", model, "--classifier", judge, "--out", out, "--seeds", "2"); status != 0 {
		t.Fatal(stderr)
	}
	f, err := os.Open(filepath.Join(out, "quantize.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 8 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	value := func(row []string, column int) float64 {
		v, err := strconv.ParseFloat(row[column], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	half, int8, int4 := rows[1], rows[2], rows[len(rows)-1]
	if half[0] != "float16" || int8[0] != "int8" || int4[0] != "int4" {
		t.Fatalf("rows %q, %q, %q", half, int8, int4)
	}
	if !(value(half, 1) > value(int8, 1) && value(int8, 1) > value(int4, 1)) || !(value(half, 2) == 99 && value(int8, 2) > value(int4, 2)+6) || value(half, 3) != 0 {
		t.Errorf("rows %q, %q, %q", half, int8, int4)
	}
	for _, row := range rows[1:] {
		if !(value(row, 4) >= 0 && value(row, 4) <= 1) {
			t.Errorf("AUC of %q", row)
		}
	}
}

// checkText checks what is measured of texts in other words, of the attack on
// membership and of the numbers of steps: a random model ignores its text and
// has learnt nothing by heart.
func checkText(t *testing.T, v evaluation) {
	t.Helper()
	r := v.Results[0]
	if len(r.Text) != len(probes) || r.Text[0].Text != probes[0].text {
		t.Fatalf("texts %+v", r.Text)
	}
	for _, p := range r.Text {
		if !(p.AUC.Value >= 0 && p.AUC.Value <= 1) || p.Change > 0.2 {
			t.Errorf("%+v", p)
		}
	}
	if m := v.Membership; m == nil || m.Members < 10 || m.Members != m.Others || !(m.AUC.Low <= 0.5) || !(m.MemberError > 0) || !strings.Contains(m.Verdict, "does not") {
		t.Errorf("membership %+v", m)
	}
	if want := len(curveSteps) * 6; len(v.Curve) != want {
		t.Fatalf("%d points of a curve, want %d", len(v.Curve), want)
	}
	for _, p := range v.Curve {
		if !(p.Detail > 0) || !(p.Distance >= 0) || p.Steps < 4 {
			t.Errorf("%+v", p)
		}
	}
}

// checkCaptioned checks what is measured of images of the captions of 12
// held-out images.
func checkCaptioned(t *testing.T, v evaluation) {
	t.Helper()
	d := v.Distances
	if d == nil || d.Network != "roentgo" || d.Hash != v.Classifier || len(d.Rows) != 3 {
		t.Fatalf("distances %+v", d)
	}
	real, noise, made := d.Rows[0], d.Rows[2], v.Results[0].Distance
	if real.Name != nameReal || noise.Name != nameNoise || real.Images != 12 || made.Images != 12 {
		t.Errorf("rows %+v, %+v, %+v", real, noise, made)
	}
	if !(real.Frechet.Value < noise.Frechet.Value && real.KID.Value < noise.KID.Value && real.Coverage.Value > noise.Coverage.Value) {
		t.Errorf("real images lie no nearer to training images than noise: %+v, %+v", real, noise)
	}
	if real.InceptionScore == nil || !(real.InceptionScore.Value >= 1) {
		t.Errorf("Inception Score %v", real.InceptionScore)
	}
	if len(v.Paired) != 3 || v.Paired[0].Name != nameReconstructed || v.Paired[0].MSSSIM != nil || v.Paired[0].LPIPS != nil {
		t.Errorf("pairs %+v", v.Paired)
	}
	if p := v.Results[0].Paired; p.Images != 12 || !(p.SSIM.Value < 1 && p.SSIM.Std >= 0 && p.MSE.Value > 0 && p.MSE.Value < 1) {
		t.Errorf("generated against paired %+v", p)
	}
	var effusion *agreement
	for i, a := range v.Results[0].Agreement {
		if a.Finding == "Effusion" {
			effusion = &v.Results[0].Agreement[i]
		}
	}
	// A random model ignores its prompt: what it shows is there in about half of
	// the captions, or it is never found.
	if effusion == nil || effusion.Images != 12 || !(effusion.Real.F1.Value > 0.8) || effusion.Made.Precision.Value > 0.8 {
		t.Errorf("agreement %+v", effusion)
	}
}

// checkFiles checks the pictures of an evaluation at guidance 1 and 3, and that
// its tables are whole.
func checkFiles(t *testing.T, dir string) {
	t.Helper()
	names := []string{"sweep.png", "spectrum.png", "curve.png", "curve-images.png", "reconstructions.png"}
	for _, picture := range []string{"text", "findings-PA", "findings-AP", "differences", "closest", "random", "montage"} {
		names = append(names, picture+"-g1.png", picture+"-g3.png")
	}
	for _, name := range names {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.DecodeConfig(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name != "sweep.png" && !strings.Contains(string(page), name) {
			t.Errorf("the page lacks %s", name)
		}
	}
	for name, rows := range map[string]int{"findings.csv": 1 + 2*(len(dataset.FindingLabels())+1), "sweep.csv": 3} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		list, err := csv.NewReader(f).ReadAll() // all rows have as many cells
		if err != nil || len(list) != rows {
			t.Errorf("%s: %d rows, want %d; %v", name, len(list), rows, err)
		}
		f.Close()
	}
}

// tinyModel writes a vocabulary and a random model of it, to train on, into a folder.
func tinyModel(t *testing.T, dir string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "model"+weights.Extension)
	if status, _, stderr := program(t, "init", "--preset", "tiny", "--vocab", vocabulary(t, dir), "--for", "training", "--out", path); status != 0 {
		t.Fatal(stderr)
	}
	return path
}
