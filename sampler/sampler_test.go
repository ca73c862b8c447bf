package sampler_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

func sample(t *testing.T, s *sampler.Sampler, r sampler.Request) *sampler.Result {
	t.Helper()
	result, err := s.Sample(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func TestBytesDependOnSeedAndPromptAlone(t *testing.T) {
	path := samplertest.Tiny(t)
	request := sampler.Request{Prompt: "pleural effusion", Seed: 5, Count: 3}
	want := sample(t, samplertest.Open(t, path, sampler.Options{Device: sampler.CPU, Threads: 1}), request).Images
	if len(want) != 3 {
		t.Fatalf("%d images", len(want))
	}
	if same(want[0].Pix, want[1].Pix) {
		t.Error("two seeds gave one image")
	}
	for _, threads := range []int{1, 2, 3} {
		s := samplertest.Open(t, path, sampler.Options{Device: sampler.CPU, Threads: threads})
		for _, batch := range []int{1, 2, 3} {
			request.Batch = batch
			for k, img := range sample(t, s, request).Images {
				if !same(img.Pix, want[k].Pix) {
					t.Errorf("%d threads, batch %d: image %d differs", threads, batch, k)
				}
			}
		}
		alone := sample(t, s, sampler.Request{Prompt: "pleural effusion", Seed: 7}).Images[0]
		if !same(alone.Pix, want[2].Pix) {
			t.Errorf("%d threads: image 2 differs when it is made alone", threads)
		}
		if alone.Settings.Seed != 7 || want[2].Settings.Seed != 7 {
			t.Errorf("seeds %d and %d, 7 was asked for", alone.Settings.Seed, want[2].Settings.Seed)
		}
		other := sample(t, s, sampler.Request{Prompt: "no effusion", Seed: 7}).Images[0]
		if same(other.Pix, alone.Pix) {
			t.Error("another prompt gave the same image")
		}
	}
}

func TestImagesYieldsWhatSampleReturns(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	request := sampler.Request{Prompt: "effusion", Seed: math.MaxUint64, Count: 3, Batch: 2, Steps: 2}
	want := sample(t, s, request).Images
	k := 0
	for img, err := range s.Images(t.Context(), request) {
		if err != nil {
			t.Fatal(err)
		}
		if !same(img.Pix, want[k].Pix) {
			t.Errorf("image %d differs", k)
		}
		k++
	}
	if k != 3 {
		t.Errorf("%d images", k)
	}
	if want[1].Settings.Seed != 0 {
		t.Errorf("the seed after the largest is %d, not 0", want[1].Settings.Seed)
	}
	for range s.Images(t.Context(), request) {
		break // leaves the sampler usable
	}
	sample(t, s, sampler.Request{Steps: 1})
}

// TestGuidance checks the algebra of guidance on what a trace shows.
// TestRows compares images of different texts that were made in one batch with the
// same images made alone.
func TestRows(t *testing.T) {
	rows := []sampler.Row{{"pleural effusion", "", 4}, {"", "", 4}, {"normal chest x-ray. no pleural effusion. normal normal normal.", "pleural", 7},
		{"pleural effusion", "", 5}, {"normal", "effusion", 1 << 63}}
	for _, device := range []string{sampler.CPU, sampler.GPU} {
		if _, err := gpu.Adapters(); device == sampler.GPU && err != nil {
			need.Missing(t, "no adapter: %v", err)
		}
		s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: device})
		for _, batch := range []int{1, 2, 5} {
			got := sample(t, s, sampler.Request{Rows: rows, Batch: batch, Steps: 3}).Images
			if len(got) != len(rows) {
				t.Fatalf("%d images of %d rows", len(got), len(rows))
			}
			for i, r := range rows {
				want := sample(t, s, sampler.Request{Prompt: r.Prompt, Negative: r.Negative, Seed: r.Seed, Steps: 3}).Images[0]
				if got[i].Settings != want.Settings {
					t.Errorf("row %d has settings %v, alone %v", i, got[i].Settings, want.Settings)
				}
				if device == sampler.CPU && !same(got[i].Pix, want.Pix) {
					t.Errorf("batch %d: row %d has other bytes than alone", batch, i)
				}
				if p := samplertest.PSNR(got[i].Pix, want.Pix); p < 70 {
					t.Errorf("%s, batch %d: row %d agrees to %.1f dB with itself alone", device, batch, i, p)
				}
			}
		}
		long := strings.Repeat("effusion ", 1000)
		_, err := s.Sample(t.Context(), sampler.Request{Rows: []sampler.Row{{Prompt: "normal"}, {Negative: long}}, Progress: func(sampler.Progress) { t.Error("it began") }})
		if e, ok := errors.AsType[*sampler.RowError](err); !ok || e.Row != 1 || !errors.Is(err, sampler.ErrRequest) {
			t.Errorf("a row that is too long: %v", err)
		}
		for _, r := range []sampler.Request{{Rows: rows, Seed: 1}, {Rows: rows, Count: 5}, {Rows: rows, Prompt: "x"}, {Rows: []sampler.Row{{Prompt: "\xff"}}}} {
			if _, err := s.Sample(t.Context(), r); !errors.Is(err, sampler.ErrRequest) {
				t.Errorf("%v: got %v", r, err)
			}
		}
	}
}

func TestGuidance(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	contexts := func(r sampler.Request) (batch int, tokens int) {
		r.Steps = 1
		r.Trace = func(name string, shape []int, _ []float32) {
			if name == "context" {
				batch, tokens = shape[0], shape[1]
			}
		}
		sample(t, s, r)
		return batch, tokens
	}
	if b, _ := contexts(sampler.Request{Prompt: "effusion", Guidance: 1}); b != 1 {
		t.Errorf("without guidance the network is asked %d times a step", b)
	}
	if b, n := contexts(sampler.Request{Prompt: "no effusion", Guidance: 2}); b != 2 || n != 4 {
		t.Errorf("with guidance: batch %d, %d tokens; 2 and 4 were expected", b, n)
	}
	if b, n := contexts(sampler.Request{}); b != 1 || n != 1 {
		t.Errorf("without a prompt: batch %d, %d tokens; 1 and 1 were expected", b, n)
	}
	if b, n := contexts(sampler.Request{Prompt: "effusion", Negative: "normal chest x-ray"}); b != 2 || n != 7 {
		t.Errorf("with a negative prompt: batch %d, %d tokens; 2 and 7 were expected", b, n)
	}
	one := sample(t, s, sampler.Request{Prompt: "effusion", Negative: "effusion", Steps: 2}).Images[0]
	two := sample(t, s, sampler.Request{Prompt: "effusion", Guidance: 1, Steps: 2}).Images[0]
	if p := samplertest.PSNR(one.Pix, two.Pix); p < 80 {
		t.Errorf("guided away from itself a prompt gives another image (%.1f dB)", p)
	}
	three := sample(t, s, sampler.Request{Prompt: "effusion", Negative: "normal", Steps: 2}).Images[0]
	if same(one.Pix, three.Pix) {
		t.Error("the negative prompt changes nothing")
	}
}

// TestGuidanceInterval compares with runs that are guided everywhere and
// nowhere. The steps of the test's model are at timesteps 999, 749, 499, 249.
func TestGuidanceInterval(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	request := sampler.Request{Prompt: "no effusion", Guidance: 3, Seed: 2}
	with := func(low, high int) []float32 {
		request.GuidanceInterval = &schedule.Interval{Low: low, High: high}
		return sample(t, s, request).Images[0].Pix
	}
	everywhere := sample(t, s, request).Images[0].Pix
	request.Guidance = 1
	nowhere := sample(t, s, request).Images[0].Pix
	request.Guidance = 3
	if !same(with(0, 0), everywhere) || !same(with(249, 999), everywhere) {
		t.Error("an interval of all steps is not guidance as it is without one")
	}
	if !same(with(300, 400), nowhere) {
		t.Error("an interval without a step is not sampling without guidance")
	}
	middle := with(499, 749)
	if same(middle, everywhere) || same(middle, nowhere) || same(middle, with(749, 999)) || !same(middle, with(250, 998)) {
		t.Error("the interval from 499 to 749 is not that of two steps of four")
	}
	request.Count, request.Batch, request.Seed = 3, 3, 1
	if images := sample(t, s, request).Images; !same(images[1].Pix, middle) {
		t.Error("within a batch the image differs")
	}
	request.Count, request.Batch, request.Seed = 1, 0, 2
	var names []string
	request.Trace = func(name string, shape []int, _ []float32) {
		if name == "context" {
			names = append(names, fmt.Sprint(name, shape[0]))
		}
	}
	with(499, 749)
	with(300, 400)
	if got := strings.Join(names, " "); got != "context2 context1" {
		t.Errorf("traced %s", got)
	}
}

func TestBatchFor(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU, Threads: 3})
	for count, want := range map[int]int{0: 1, 1: 1, 2: 2, 1000: 2} {
		if b, err := s.BatchFor(count); err != nil || b != want {
			t.Errorf("for %d images: %d, %v; want %d", count, b, err, want)
		}
	}
	if n := s.Threads(); n != 3 {
		t.Errorf("%d threads", n)
	}
	c := model.Tiny() // with an image so large that two have no room
	c.ImageSize, c.UNetSelfAttention, c.UNetCrossAttention = 2048, []bool{false, false}, []bool{false, false}
	large := samplertest.Open(t, samplertest.Write(t, samplertest.File(t, samplertest.Description(c), weights.F16)), sampler.Options{Device: sampler.CPU})
	if b, err := large.BatchFor(1000); err != nil || b != 1 {
		t.Errorf("for large images: %d, %v; want 1", b, err)
	}
}

func TestTraceIsTheWay(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	var names []string
	values := map[string][]float32{}
	r := sample(t, s, sampler.Request{Prompt: "effusion", Steps: 2, Trace: func(name string, shape []int, v []float32) {
		names = append(names, name)
		values[name] = slices.Clone(v)
	}})
	want := []string{"noise", "context", "mask", "prediction.000", "latent.000", "prediction.001", "latent.001", "latent", "image"}
	if !slices.Equal(names, want) {
		t.Errorf("trace %v, want %v", names, want)
	}
	if !same(values["image"], r.Images[0].Pix) || !same(values["latent"], values["latent.001"]) {
		t.Error("the trace ends elsewhere than the image")
	}
}

func TestProgressAndPreview(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	var seen []sampler.Progress
	sample(t, s, sampler.Request{Prompt: "effusion", Count: 2, Steps: 3, Progress: func(p sampler.Progress) {
		if preview := p.Preview(); (preview == nil) != (p.Step == 0) {
			t.Errorf("step %d: preview %v", p.Step, preview)
		} else if preview != nil && preview.Rect.Dx() != 8 {
			t.Errorf("the preview is %v", preview.Rect)
		}
		seen = append(seen, p)
	}})
	if len(seen) != 8 {
		t.Fatalf("%d calls, want 8", len(seen))
	}
	for i, p := range seen {
		if p.Step != i%4 || p.Image != i/4 || p.Steps != 3 || p.Images != 2 {
			t.Errorf("call %d: %+v", i, p)
		}
	}
	if last := seen[7]; last.Remaining != 0 || last.Elapsed <= 0 {
		t.Errorf("at the end: %+v", last)
	}
	if seen[1].Remaining <= 0 {
		t.Error("nothing remains after the first step")
	}
}

func TestObserve(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	const name = "unet.down.0.attn.cross_attn"
	r := sample(t, s, sampler.Request{Prompt: "no effusion", Steps: 2, Count: 3, Batch: 2, Observe: []string{name}})
	maps := r.Observed[name]
	if !slices.Equal(maps.Shape, []int{3, 2, 64, 4}) || len(maps.Values) != 3*2*64*4 {
		t.Fatalf("shape %v with %d values", maps.Shape, len(maps.Values))
	}
	for i := 0; i < len(maps.Values); i += 4 {
		var sum float64
		for _, v := range maps.Values[i : i+4] {
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Fatalf("row %d of the map sums to %g", i/4, sum)
		}
	}
	if _, err := s.Sample(t.Context(), sampler.Request{Observe: []string{"unet.nothing"}}); err == nil {
		t.Error("a map that does not exist was promised")
	}
}

func TestUnknownWords(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	r := sample(t, s, sampler.Request{Prompt: "Pleural effusion, gallbladder", Negative: "no toaster", Steps: 1})
	if !slices.Equal(r.UnknownWords, []string{"gallbladder", "toaster"}) {
		t.Errorf("unknown words %q", r.UnknownWords)
	}
}

func TestRefusals(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	half, two := 0.5, 2.0
	for name, c := range map[string]struct {
		request sampler.Request
		says    string
	}{
		"negative steps":   {sampler.Request{Steps: -1}, "1 to 1000"},
		"a million steps":  {sampler.Request{Steps: 1e6}, "1 to 1000"},
		"long prompt":      {sampler.Request{Prompt: strings.Repeat("pleural ", 31)}, "33 tokens, the model takes 32"},
		"10,000 words":     {sampler.Request{Prompt: strings.Repeat("effusion ", 10000)}, "bytes of text"},
		"long negative":    {sampler.Request{Prompt: "a", Negative: strings.Repeat("a ", 40)}, "negative prompt"},
		"not UTF-8":        {sampler.Request{Prompt: "effusion \xff"}, "not UTF-8"},
		"negative count":   {sampler.Request{Count: -1}, "count"},
		"too many":         {sampler.Request{Count: 1e9}, "count"},
		"batch":            {sampler.Request{Batch: 1000}, "batch"},
		"guidance":         {sampler.Request{Guidance: 0.5}, "guidance"},
		"guidance NaN":     {sampler.Request{Guidance: math.NaN()}, "guidance"},
		"interval":         {sampler.Request{GuidanceInterval: &schedule.Interval{Low: 5, High: 1000}}, "from timestep 5 to 1000"},
		"interval falls":   {sampler.Request{GuidanceInterval: &schedule.Interval{Low: 5, High: 4}}, "0 to 999"},
		"rescale":          {sampler.Request{Rescale: &two}, "rescale"},
		"eta of a solver":  {sampler.Request{Sampler: schedule.DPMpp2M, Eta: &half}, "eta"},
		"eta":              {sampler.Request{Eta: &two}, "eta"},
		"sampler":          {sampler.Request{Sampler: "euler"}, "ddim, dpm++2m"},
		"spacing":          {sampler.Request{Spacing: "random"}, "trailing, quadratic"},
		"leading with SNR": {sampler.Request{Spacing: schedule.Leading}, "trailing"},
	} {
		_, err := s.Sample(t.Context(), c.request)
		if !errors.Is(err, sampler.ErrRequest) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, which should say %q", name, err, c.says)
		}
	}
	sample(t, s, sampler.Request{Prompt: strings.Repeat("pleural ", 31), Truncate: true, Steps: 1})
}

func TestCancel(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	_, err := s.Sample(ctx, sampler.Request{Steps: 1000, Progress: func(p sampler.Progress) {
		if steps = p.Step; steps == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || steps > 3 {
		t.Errorf("after step %d: %v", steps, err)
	}
	late, stop := context.WithTimeout(t.Context(), time.Nanosecond)
	defer stop()
	if _, err := s.Sample(late, sampler.Request{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("late: %v", err)
	}
	sample(t, s, sampler.Request{Steps: 1}) // it still works
}

// TestModelFiles changes one thing of a good file at a time.
func TestModelFiles(t *testing.T) {
	good := samplertest.Description(model.Tiny())
	for name, c := range map[string]struct {
		change func(f *weights.File)
		says   string
	}{
		"configuration is no JSON": {func(f *weights.File) { f.Config = []byte(`{"model":3}`) }, "configuration"},
		"an unknown field":         {func(f *weights.File) { f.Config = []byte(`{"modell":{}}`) }, "unknown field"},
		"an empty configuration":   {func(f *weights.File) { f.Config = []byte(`{}`) }, "image_size"},
		"another configuration": {func(f *weights.File) {
			d := good
			d.Model.UNetChannels = []int{32, 96}
			f.Config = samplertest.File(t, d, weights.F16).Config
		}, "shape"},
		"one level more": {func(f *weights.File) {
			d := good
			d.Model.UNetChannels = []int{32, 64, 64}
			d.Model.UNetSelfAttention, d.Model.UNetCrossAttention = []bool{false, true, false}, []bool{true, true, false}
			f.Config = samplertest.File(t, d, weights.F16).Config
		}, "missing"},
		"one level fewer": {func(f *weights.File) {
			d := good
			d.Model.UNetChannels, d.Model.UNetSelfAttention, d.Model.UNetCrossAttention = []int{32}, []bool{false}, []bool{true}
			f.Config = samplertest.File(t, d, weights.F16).Config
		}, "unet"},
		"attention at too few levels": {func(f *weights.File) {
			f.Config = bytes.Replace(f.Config, []byte(`"unet_cross_attention":[true,true]`), []byte(`"unet_cross_attention":[true]`), 1)
		}, "unet_cross_attention has 1 entries, unet_channels 2"},
		"a field of a newer program": {func(f *weights.File) {
			f.Config = bytes.Replace(f.Config, []byte(`"unet_text_pool":true`), []byte(`"unet_text_pool":true,"unet_rotary":true`), 1)
		}, "needs a newer roentgo"},
		"text that is not pooled": {func(f *weights.File) {
			f.Config = bytes.Replace(f.Config, []byte(`"unet_text_pool":true,`), nil, 1)
		}, `"unet.text_pool.bias" belongs to no network`},
		"a tensor too few": {func(f *weights.File) { f.Tensors = f.Tensors[:len(f.Tensors)-1] }, "missing"},
		"a tensor too many": {func(f *weights.File) {
			f.Tensors = append(f.Tensors, weights.Tensor{Name: "unet.extra", Shape: []int{1}, Float32: []float32{1}})
		}, "belongs to no network"},
		"bytes for numbers": {func(f *weights.File) {
			for i := range f.Tensors {
				if f.Tensors[i].Name == sampler.TensorMean {
					f.Tensors[i] = weights.Tensor{Name: sampler.TensorMean, Shape: []int{4}, Kind: weights.Bytes, Bytes: []byte("1234")}
				}
			}
		}, "bytes"},
		"a short vocabulary": {func(f *weights.File) {
			for i := range f.Tensors {
				if f.Tensors[i].Name == sampler.TensorVocab {
					f.Tensors[i].Bytes = f.Tensors[i].Bytes[:100]
					f.Tensors[i].Shape = []int{100}
				}
			}
		}, "tokens"},
		"no decoder": {func(f *weights.File) {
			f.Parts = []string{weights.PartUNet, weights.PartText}
			f.Tensors = slices.DeleteFunc(f.Tensors, func(x weights.Tensor) bool { return strings.HasPrefix(x.Name, "vae.") })
		}, "decoder"},
	} {
		t.Run(name, func(t *testing.T) {
			f := samplertest.File(t, good, weights.F16)
			c.change(&f)
			m, err := weights.Open(samplertest.Write(t, f))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			_, err = sampler.New(t.Context(), m, sampler.Options{Device: sampler.CPU})
			if !errors.Is(err, sampler.ErrModel) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, which should say %q", err, c.says)
			}
		})
	}
}

func TestDevices(t *testing.T) {
	path := samplertest.Tiny(t)
	m, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := sampler.New(t.Context(), m, sampler.Options{Device: "tpu"}); !errors.Is(err, sampler.ErrDevice) {
		t.Errorf("got %v", err)
	}
	adapters, err := gpu.Adapters()
	if err != nil {
		need.Missing(t, "no adapter: %v", err)
	}
	auto := samplertest.Open(t, path, sampler.Options{})
	if adapters[0].Software() && !strings.HasPrefix(auto.Device(), "cpu") {
		t.Errorf("auto preferred %s to the CPU", auto.Device())
	}
	request := sampler.Request{Prompt: "pleural effusion", Seed: 3, Count: 2, Batch: 2}
	onGPU := samplertest.Open(t, path, sampler.Options{Device: sampler.GPU})
	want := sample(t, auto, request).Images
	for k, img := range sample(t, onGPU, request).Images {
		if p := samplertest.PSNR(img.Pix, want[k].Pix); p < 70 {
			t.Errorf("image %d: CPU and GPU agree to %.1f dB, 70 are promised", k, p)
		}
	}
}

// TestGuideWithinView compares guidance within a view with guidance of the same
// model away from the text of the view.
func TestGuideWithinView(t *testing.T) {
	d := samplertest.Description(model.Tiny())
	d.Sampling.Guidance, d.Sampling.Steps = 4, 3
	plain := samplertest.Open(t, samplertest.Write(t, samplertest.File(t, d, weights.F16)), sampler.Options{Device: sampler.CPU})
	d.Sampling.GuideWithinView = true
	within := samplertest.Open(t, samplertest.Write(t, samplertest.File(t, d, weights.F16)), sampler.Options{Device: sampler.CPU})
	for text, away := range map[string]string{
		"AP chest x-ray, pleural effusion": "AP chest x-ray",
		"effusion in a PA film":            "PA chest x-ray",
		"pleural effusion":                 "",
	} {
		want := sample(t, plain, sampler.Request{Prompt: text, Negative: away, Seed: 1}).Images[0].Pix
		if got := sample(t, within, sampler.Request{Prompt: text, Seed: 1}).Images[0].Pix; !same(got, want) {
			t.Errorf("%q is not guided away from %q", text, away)
		}
		if null := sample(t, plain, sampler.Request{Prompt: text, Seed: 1}).Images[0].Pix; same(null, want) != (away == "") {
			t.Errorf("%q away from %q and from nothing: the same image is %t", text, away, away != "")
		}
		if got := sample(t, within, sampler.Request{Prompt: text, Negative: "cardiomegaly", Seed: 1}).Images[0].Pix; !same(got, sample(t, plain, sampler.Request{Prompt: text, Negative: "cardiomegaly", Seed: 1}).Images[0].Pix) {
			t.Errorf("%q: the negative prompt is not what it is guided away from", text)
		}
	}
}
