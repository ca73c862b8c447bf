//go:build libtorch

package main

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/specimen"
)

// madeData prepares n made-up images of 64×64 pixels, of which a part is for tests.
// grey is value p of image i; header and row are the columns of the manifest after
// the file's name.
func madeData(t *testing.T, dir string, n int, part, header string, grey func(i, p int) int, row func(i int) string) string {
	t.Helper()
	text := "file," + header + "\n"
	for i := range n {
		img := image.NewGray(image.Rect(0, 0, 64, 64))
		for p := range img.Pix {
			img.Pix[p] = uint8(grey(i, p))
		}
		name := fmt.Sprintf("%d.png", i)
		specimen.WritePNG(t, filepath.Join(dir, name), img)
		text += name + "," + row(i) + "\n"
	}
	manifest, out := filepath.Join(dir, "manifest.csv"), filepath.Join(dir, "data")
	if err := os.WriteFile(manifest, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "prepare", "manifest", "--size", "64", "--test-fraction", part, "--out", out, manifest); status != 0 {
		t.Fatal(stderr)
	}
	return out
}

// someData prepares n effusions.
func someData(t *testing.T, dir string, n int) string {
	t.Helper()
	return madeData(t, dir, n, "0.3", "labels,view", func(i, p int) int { return 20 + (p%64)*3 + 7*i%40 }, func(int) string { return "Effusion,PA" })
}

// judgedData prepares n images: effusions, whose lower half is brighter, and normal
// ones, in both views.
func judgedData(t *testing.T, dir string, n int) string {
	t.Helper()
	grey := func(i, p int) int {
		if i%2 == 0 && p > 32*64 {
			return 80 + (p%64)*2 + 7*i%40
		}
		return 20 + (p%64)*2 + 7*i%40
	}
	return madeData(t, dir, n, "0.4", "labels,view,sex", grey, func(i int) string {
		return fmt.Sprintf("%s,%s,%s", []string{"Effusion", "No Finding"}[i%2], []string{"PA", "AP"}[i/2%2], []string{"F", "M"}[i/4%2])
	})
}
