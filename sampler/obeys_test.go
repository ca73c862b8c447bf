package sampler_test

import (
	"testing"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
)

// leastSpread is how far the mean contexts of a finding and of its denial lie
// apart at least, as a part of their size. A text encoder that has collapsed has
// 0.00001.
const leastSpread = 0.2

// leastChange is how far the images of two prompts under one seed lie apart at
// least: the root of the mean square, where the grey range is 1. A difference of
// 0.02 is 5 grey levels of 255 in every pixel: a person sees it.
const leastChange = 0.02

// TestShippedModelReads checks that the shipped text encoder distinguishes a finding from
// its denial.
func TestShippedModelReads(t *testing.T) {
	s := samplertest.Shipped(t)
	mean := func(prompt string) []float32 {
		var mean []float32
		sample(t, s, sampler.Request{Prompt: prompt, Steps: 1, Trace: func(name string, shape []int, values []float32) {
			if name != "context" {
				return
			}
			d := shape[len(shape)-1]
			mean = make([]float32, d)
			for i, v := range values {
				mean[i%d] += v / float32(len(values)/d)
			}
		}})
		if mean == nil {
			t.Fatal("the trace has no context")
		}
		return mean
	}
	for _, finding := range []string{"pleural effusion", "cardiomegaly", "pneumothorax", "pulmonary edema", "consolidation", "atelectasis"} {
		spread := metric.Spread(mean(finding), mean("no "+finding))
		t.Logf("%s: %.3f", finding, spread)
		if !(spread >= leastSpread) {
			t.Errorf("the contexts of %q and of its denial differ by %.4f of their size, at least %g is needed", finding, spread, leastSpread)
		}
	}
}

// TestShippedModelObeys checks that the shipped models draw another image for
// another finding, and for another view, under the same seed.
func TestShippedModelObeys(t *testing.T) {
	for name, s := range map[string]*sampler.Sampler{"default": samplertest.Shipped(t), "fast": samplertest.Fast(t)} {
		image := func(prompt string) []float32 {
			return sample(t, s, sampler.Request{Prompt: prompt, Seed: 4}).Images[0].Pix
		}
		normal := image("PA chest x-ray, normal chest")
		for _, prompt := range []string{"PA chest x-ray showing pleural effusion", "PA chest x-ray showing cardiomegaly", "PA chest x-ray showing pneumothorax",
			"PA chest x-ray showing pulmonary edema", "PA chest x-ray showing consolidation", "AP chest x-ray, normal chest"} {
			change := metric.Distance(image(prompt), normal) / 2
			t.Logf("%s, %s: %.4f", name, prompt, change)
			if !(change >= leastChange) {
				t.Errorf("%s model: the images of %q and of a normal chest differ by %.4f of the grey range, at least %g is needed", name, prompt, change, leastChange)
			}
		}
	}
}
