//go:build libtorch

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // so that image.Decode reads it
	_ "image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/trainer/metric"
)

// folderResult is what was measured of a folder of images, whatever made them.
type folderResult struct {
	Folder   string      `json:"folder"`
	Distance distanceRow `json:"distance"`
	// Detail is as that of a result; NearFeatures and NearPixels are the shares of
	// images that are nearer to a training image than 99 of 100 held-out images are.
	Detail       float64 `json:"detail"`
	NearFeatures float64 `json:"features_below_first_percentile"`
	NearPixels   float64 `json:"pixels_below_first_percentile"`
}

// mostFolderImages keeps a folder's images within some gigabytes.
const mostFolderImages = 10_000

// readFolder reads the PNG and JPEG images of a folder, which must be of size ×
// size pixels, in the order of their names, as values in [−1, 1].
func readFolder(ctx context.Context, dir string, size int) (list [][]float32, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".png", ".jpg", ".jpeg":
			return !e.Type().IsRegular()
		}
		return true
	})
	if n := len(entries); n < leastCaptions || n > mostFolderImages {
		return nil, fmt.Errorf("%s has %d PNG or JPEG images; %d to %d are possible", dir, n, leastCaptions, mostFolderImages)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, err := readImage(filepath.Join(dir, e.Name()), size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, e.Name()), err)
		}
		list = append(list, x)
	}
	return list, nil
}

// readImage reads one image. Its size is checked before its pixels are read.
func readImage(path string, size int) ([]float32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	config, _, err := image.DecodeConfig(f)
	if err != nil {
		return nil, err
	}
	if config.Width != size || config.Height != size {
		return nil, fmt.Errorf("the image has %d × %d pixels, the prepared ones have %d × %d: bring both to one size", config.Width, config.Height, size, size)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, err
	}
	grey := image.NewGray16(image.Rect(0, 0, size, size))
	draw.Draw(grey, grey.Rect, img, img.Bounds().Min, draw.Src)
	x := make([]float32, size*size)
	for i := range x {
		x[i] = float32(grey.Gray16At(i%size, i/size).Y)/32767.5 - 1
	}
	return x, nil
}

// evaluateFolder measures the images of a folder beside real images and noise.
func (e *evaluator) evaluateFolder(ctx context.Context, v *evaluation, ref *reference) error {
	list, err := readFolder(ctx, e.folder, e.data.Size())
	if err != nil {
		return err
	}
	groups := make([]string, len(list))
	for k := range groups {
		groups[k] = strconv.Itoa(k)
	}
	r := &folderResult{Folder: filepath.Base(e.folder), Detail: metric.Detail(metric.Spectrum(list, e.data.Size()), v.real)}
	if r.Distance, err = ref.row("images of the folder", list, groups); err != nil {
		return err
	}
	made, err := e.describe(list)
	if err != nil {
		return err
	}
	byFeatures, _ := metric.Nearest(made.features, e.known.features)
	byPixels, _ := metric.Nearest(made.pixels, e.known.pixels)
	r.NearFeatures = metric.BelowPercentile(byFeatures, e.known.heldFeatures, firstPercentile)
	r.NearPixels = metric.BelowPercentile(byPixels, e.known.heldPixels, firstPercentile)
	v.Folder = r
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("eval: a figure is not a number: %w", err)
	}
	if err := atomicfile.WriteBytes(filepath.Join(e.out, "eval.json"), false, append(text, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d images: FID-%s %.2f, KID-%s %.3f, detail %.3f, near training images: %.3f by features, %.3f by pixels\n",
		len(list), ref.name, r.Distance.Frechet.Value, ref.name, r.Distance.KID.Value, r.Detail, r.NearFeatures, r.NearPixels)
	return v.writePage(filepath.Join(e.out, "index.html"))
}
