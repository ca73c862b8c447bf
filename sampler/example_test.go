package sampler_test

import (
	"context"
	"fmt"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/sampler"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// Make an X-ray with the model that roentgo ships. A model of your own is
// opened with weights.Open(path).
func Example() {
	ctx := context.Background()
	m, err := shipped.Open()
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s, err := sampler.New(ctx, m, sampler.Options{Device: sampler.CPU})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	result, err := s.Sample(ctx, sampler.Request{Prompt: "pleural effusion", Seed: 7, Steps: 2})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "xray.png"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	img := result.Images[0].Gray()
	if err := png.Encode(f, img); err != nil {
		log.Fatal(err)
	}
	fmt.Println(img.Rect.Max)
	// Output: (256,256)
}

// Make many images without keeping them, and stop when something happens.
func ExampleSampler_Images() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m, err := shipped.Open()
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	s, err := sampler.New(ctx, m, sampler.Options{Device: sampler.CPU})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	for img, err := range s.Images(ctx, sampler.Request{Prompt: "cardiomegaly", Seed: 1, Count: 2, Steps: 1}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(img.Settings.Seed)
	}
	// Output:
	// 1
	// 2
}
