package sampler_test

import (
	"fmt"
	"testing"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// shipped opens the shipped model on a device.
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

// BenchmarkNetworks runs each network of the shipped model by itself.
func BenchmarkNetworks(b *testing.B) {
	onDevices(b, func(b *testing.B, device string) {
		s := onDevice(b, device)
		defer s.Close()
		for _, c := range []struct {
			network sampler.Network
			batch   int
		}{{sampler.UNet, 1}, {sampler.UNet, 2}, {sampler.UNet, 8}, {sampler.Decoder, 1}, {sampler.Text, 1}} {
			b.Run(fmt.Sprintf("%s/%d", c.network, c.batch), func(b *testing.B) {
				n, err := s.Isolate(b.Context(), c.network, c.batch, 0)
				if err != nil {
					b.Fatal(err)
				}
				defer n.Close()
				for b.Loop() {
					if err := n.Run(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(n.FLOP()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	})
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
