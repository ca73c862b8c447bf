// Command strip draws the picture of a first visit: one X-ray of the shipped
// model on its way from noise to image, as a small JPEG with the mark.
//
//	go generate ./site
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"os/signal"
	"slices"

	"golang.org/x/image/draw"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// What the strip shows.
const (
	prompt  = "PA chest x-ray. cardiomegaly."
	seed    = 7
	side    = 96 // pixels of a frame
	quality = 40 // of the JPEG: noise is dear
)

// stages are the parts of the steps after which a frame shows the latent, between the
// noise and the image: most of an image comes to be in them.
var stages = []float64{0.35, 0.5, 0.65}

func main() {
	out := flag.String("out", "", "the JPEG file to write")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: strip -out FILE.jpg")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := write(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "strip:", err)
		os.Exit(1)
	}
}

func write(ctx context.Context, out string) error {
	strip, err := render(ctx)
	if err != nil {
		return err
	}
	return atomicfile.Write(out, true, func(w io.Writer) error {
		return jpeg.Encode(w, provenance.Mark(strip), &jpeg.Options{Quality: quality})
	})
}

// render samples the image and lays its noisy latents side by side, decoded,
// the finished image last.
func render(ctx context.Context) (*image.Gray, error) {
	m, err := shipped.Open()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	s, err := sampler.New(ctx, m, sampler.Options{Device: "cpu"})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	latents := map[string][]float32{}
	result, err := s.Sample(ctx, sampler.Request{Prompt: prompt, Seed: seed, Trace: func(name string, _ []int, values []float32) {
		latents[name] = slices.Clone(values)
	}})
	if err != nil {
		return nil, err
	}
	last := &result.Images[0]
	names := []string{"noise"}
	for _, part := range stages {
		names = append(names, fmt.Sprintf("latent.%03d", int(part*float64(last.Settings.Steps))-1))
	}
	strip := image.NewGray(image.Rect(0, 0, (len(names)+1)*side, side))
	for k := range len(names) + 1 {
		img := last
		if k < len(names) {
			if img, err = s.Decode(ctx, latents[names[k]]); err != nil {
				return nil, fmt.Errorf("%s: %w", names[k], err)
			}
		}
		gray := img.Gray()
		draw.CatmullRom.Scale(strip, image.Rect(k*side, 0, (k+1)*side, side), gray, gray.Bounds(), draw.Src, nil)
	}
	return strip, nil
}
