// Command detection measures what the watermark survives, and how often it is
// found where there is none. It marks images, alters them, and prints a table:
//
//	go run ./sampler/internal/detection -generated 200 FOLDER…
//
// The folders are searched for PNG and JPEG files of real images. The generated
// ones are those of the shipped model.
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // of the folders
	_ "image/png"
	"io"
	"io/fs"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/alter"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
	shipped "github.com/roentgo/roentgo/weights/default"
)

func main() {
	log.SetFlags(0)
	generated := flag.Int("generated", 0, "images of the shipped model to make")
	sample := flag.Int("sample", 200, "real images to mark and alter, spread evenly over all of a folder; false alarms are counted over all")
	search := flag.Int("search", 20, "of those, how many are searched over all sizes, where an alteration needs it and for false alarms")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, flag.Args(), *generated, *sample, *search); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer, folders []string, generated, sample, search int) error {
	if generated > 0 {
		images, err := generate(ctx, generated)
		if err != nil {
			return err
		}
		if err := measure(w, fmt.Sprintf("%d generated images", generated), images, generated, search); err != nil {
			return err
		}
	}
	for _, folder := range folders {
		images, err := read(folder)
		if err != nil {
			return err
		}
		if err := measure(w, fmt.Sprintf("%d images of %s", len(images), filepath.Base(folder)), images, sample, search); err != nil {
			return err
		}
	}
	return nil
}

// prompts of the generated images, in turn.
var prompts = []string{"normal chest x-ray", "PA chest x-ray. cardiomegaly with pleural effusion.", "AP portable chest x-ray. pneumonia.", "frontal chest x-ray. pneumothorax. no effusion."}

func generate(ctx context.Context, n int) (images []*image.Gray, err error) {
	m, err := shipped.Open()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	s, err := sampler.New(ctx, m, sampler.Options{Device: sampler.CPU})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var r sampler.Request
	for i := range n {
		r.Rows = append(r.Rows, sampler.Row{Prompt: prompts[i%len(prompts)], Seed: uint64(i)})
	}
	for img, err := range s.Images(ctx, r) {
		if err != nil {
			return nil, err
		}
		images = append(images, img.Gray())
	}
	return images, nil
}

// read returns the images of a folder and those below it.
func read(folder string) (images []*image.Gray, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(path))) {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		img, _, err := image.Decode(file)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		grey := image.NewGray(image.Rectangle{Max: img.Bounds().Size()})
		draw.Draw(grey, grey.Rect, img, img.Bounds().Min, draw.Src)
		images = append(images, grey)
		return nil
	})
	if err == nil && len(images) == 0 {
		err = fmt.Errorf("%s has no images", folder)
	}
	return images, err
}

// measure prints the table of a set of images.
func measure(w io.Writer, name string, images []*image.Gray, sample, search int) error {
	fmt.Fprintf(w, "\n### %s\n\n", name)
	highest, alarms := 0.0, 0
	for _, g := range images {
		d := provenance.Detect(g, provenance.PublicKey, false)
		highest = max(highest, d.Score)
		if d.Found {
			alarms++
		}
	}
	fmt.Fprintf(w, "Without a watermark: found in %d of %d; highest score %.2f of %.2f.\n", alarms, len(images), highest, provenance.Detect(images[0], provenance.PublicKey, false).Threshold)
	if n := len(images); sample < n { // evenly spread
		var some []*image.Gray
		for i := range sample {
			some = append(some, images[i*n/sample])
		}
		images = some
	}
	highest, alarms = 0, 0
	for i := range min(search, len(images)) {
		d := provenance.Detect(images[i], provenance.PublicKey, true)
		highest = max(highest, d.Score)
		if d.Found {
			alarms++
		}
	}
	fmt.Fprintf(w, "Searched over all sizes: found in %d of %d; highest score %.2f.\n", alarms, min(search, len(images)), highest)
	least, sum := math.Inf(1), 0.0
	var marked []*image.Gray
	for i, g := range images {
		m := provenance.Watermark(g, provenance.PublicKey, bits(i))
		db := alter.PSNR(g, m)
		least, sum = min(least, db), sum+db
		marked = append(marked, provenance.Mark(m))
	}
	fmt.Fprintf(w, "The watermark's PSNR: %.2f dB on average, %.2f at least.\n\n| Alteration | found | bits right | median score | lowest |\n|---|---|---|---|---|\n", sum/float64(len(images)), least)
	for _, a := range alter.All {
		if _, err := fmt.Fprintln(w, row(a, marked, search)); err != nil {
			return err
		}
	}
	return nil
}

// bits of the watermark of image i: any.
func bits(i int) uint32 { return uint32(i+1) * 2654435761 }

func row(a alter.Alteration, marked []*image.Gray, search int) string {
	if a.Resizes {
		marked = marked[:min(search, len(marked))]
	}
	found, right := 0, 0
	var scores []float64
	for i, m := range marked {
		d := provenance.Detect(a.Apply(m), provenance.PublicKey, a.Resizes)
		scores = append(scores, d.Score)
		if d.Found {
			found++
		}
		if d.Found && d.Readable && d.Bits == bits(i) {
			right++
		}
	}
	slices.Sort(scores)
	name := a.Name
	if a.Resizes {
		name += " (`--search`)"
	}
	return fmt.Sprintf("| %s | %d of %d | %d | %.1f | %.1f |", name, found, len(marked), right, scores[len(scores)/2], scores[0])
}
