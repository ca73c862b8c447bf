package provenance

import (
	"image"
	"slices"
	"testing"
)

func grey(side int, level uint8) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	return img
}

// ink counts the pixels of the letters' grey, and returns what holds them.
func ink(img *image.Gray) (n int, where image.Rectangle) {
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
			if img.GrayAt(x, y).Y == markInk {
				n++
				where = where.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return n, where
}

func TestMarkReadsOnAnyGround(t *testing.T) {
	letters := 0
	for _, row := range wordmark {
		if len(row) != len(wordmark[0]) {
			t.Fatalf("row %q of the word is not as wide as the first", row)
		}
		for _, c := range row {
			if c == '#' {
				letters++
			}
		}
	}
	for _, level := range []uint8{0, 60, 128, 255} {
		for _, side := range []int{256, 384, 512, 1024} {
			img := grey(side, level)
			before := slices.Clone(img.Pix)
			marked := Mark(img)
			if !slices.Equal(before, img.Pix) {
				t.Fatal("Mark changed the image that it was given")
			}
			scale := (side + 128) / 256
			n, where := ink(marked)
			if n != letters*scale*scale {
				t.Errorf("grey %d, side %d: %d pixels of letters, want %d", level, side, n, letters*scale*scale)
			}
			if gap := side - where.Max.X; where.Max.X > side || gap != (markMargin+markPadding)*scale {
				t.Errorf("side %d: the word lies at %v", side, where)
			}
			changed := 0
			for i, v := range marked.Pix {
				if v != img.Pix[i] {
					changed++
				}
				if v != markInk && v > img.Pix[i] {
					t.Fatalf("grey %d became %d under the plate", img.Pix[i], v)
				}
				// Ground next to letters stays far enough from them in grey.
				if v != img.Pix[i] && v != markInk && v > 90 {
					t.Fatalf("the plate is %d on grey %d", v, level)
				}
			}
			if share := float64(changed) / float64(len(img.Pix)); share > 0.02 {
				t.Errorf("side %d: the mark covers %.1f %% of the image", side, 100*share)
			}
		}
	}
}

func TestMarkOfPartOfAnImage(t *testing.T) {
	whole := grey(600, 100)
	part := whole.SubImage(image.Rect(100, 50, 356, 306)).(*image.Gray)
	marked := Mark(part)
	if marked.Rect != part.Rect {
		t.Fatalf("marked %v, want %v", marked.Rect, part.Rect)
	}
	alone := Mark(grey(256, 100))
	if !slices.Equal(marked.Pix, alone.Pix) {
		t.Error("a part of an image is marked otherwise than the same image alone")
	}
	if n, _ := ink(whole); n != 0 {
		t.Error("the whole was written to")
	}
}

func TestMarkOfSmallImages(t *testing.T) {
	for _, size := range []image.Point{{}, {1, 1}, {8, 300}, {300, 8}, {32, 32}} {
		img := image.NewGray(image.Rectangle{Max: size})
		if got := Mark(img).Rect; got != img.Rect {
			t.Errorf("%v became %v", img.Rect, got)
		}
	}
	if n, _ := ink(Mark(grey(32, 0))); n == 0 {
		t.Error("an image of 32 pixels bears nothing of the mark")
	}
}
