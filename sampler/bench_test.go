package sampler_test

import (
	"testing"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// onDevice opens the shipped model on a device.
func onDevice(b *testing.B, device string) *sampler.Sampler {
	b.Helper()
	m, err := shipped.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	s, err := sampler.New(b.Context(), m, sampler.Options{Device: device})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// onDevices runs a benchmark on the CPU and, where there is one, on a GPU.
func onDevices(b *testing.B, f func(b *testing.B, device string)) {
	devices := []string{sampler.CPU}
	if _, err := gpu.Adapters(); err == nil {
		devices = append(devices, sampler.GPU)
	}
	for _, d := range devices {
		b.Run(d, func(b *testing.B) { f(b, d) })
	}
}

// BenchmarkImage makes an image as the model's defaults say.
func BenchmarkImage(b *testing.B) {
	onDevices(b, func(b *testing.B, device string) {
		s := onDevice(b, device)
		defer s.Close()
		for b.Loop() {
			if _, err := s.Sample(b.Context(), sampler.Request{Prompt: "pleural effusion"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpen opens the shipped model and makes an image of one step.
func BenchmarkOpen(b *testing.B) {
	onDevices(b, func(b *testing.B, device string) {
		for b.Loop() {
			s := onDevice(b, device)
			if _, err := s.Sample(b.Context(), sampler.Request{Prompt: "pleural effusion", Steps: 1}); err != nil {
				b.Fatal(err)
			}
			s.Close()
		}
	})
}
