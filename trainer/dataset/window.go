package dataset

import (
	"fmt"
	"image"
	"math"
)

// Stored says how a file stores its image, and what was done about it.
type Stored struct {
	// Inverted says that the file was a negative, which was turned back.
	Inverted bool `json:"inverted,omitempty"`
	// Orientation is that of the file's EXIF data, 2 to 8, where the image was
	// turned by it; 0: it was not.
	Orientation int `json:"orientation,omitempty"`
	// Window are the grey values of the file that became black and white;
	// empty where the file's are those of a byte and taken as they are.
	Window []int `json:"window,omitempty"`
	// Hidden is the part of the pixels, of 1, that show nothing and were made
	// black: padding of one value, or transparent.
	Hidden float64 `json:"hidden,omitempty"`
	// Coloured says that the image had colours, of which the luminance is kept.
	Coloured bool `json:"coloured,omitempty"`
	// Photometric is what a DICOM file says of its grey values: MONOCHROME1, a
	// negative, which was turned back before it was judged, or another.
	Photometric string `json:"photometric,omitempty"`
	// OwnWindow says that the window is that of the DICOM file (VOI).
	OwnWindow bool `json:"own_window,omitempty"`
}

// The rules of the window. What has one value at an end of the range, apart
// from the rest, is padding or burned in: the window does not see it.
const (
	windowRule = "grey values of more than 8 bits, and of 8 bits that use less than 64 of them: black is at the 1st percentile, white at the 99th, both moved out by a tenth of the range between them where the image has such values; " +
		"values of padding and burned-in marks, which lie apart from the others at an end of the range, do not count, and padding is black; " +
		"DICOM files: their own window (VOI) where they have one that shows 64 grey values or more"
	maxApart   = 8         // values at the ends that may lie apart
	minApart   = 0.25      // of the range of the rest, from which an end lies apart
	endShare   = 1.0 / 200 // of the pixels, from which the value at an end may be apart
	minRest    = 0.25      // of the pixels, that must not be apart
	minPadding = 0.02      // of the pixels: a mark is less
	ordinary   = 64        // grey values of a byte that an image without a window uses
)

// levelCount counts the pixels of each level.
type levelCount struct {
	count    []int
	n        int
	low, upp int // the ends that are not apart
}

// window brings the levels to a byte, and notes how.
func (f *film) window(s *Stored) (*image.Gray, error) {
	c := f.count()
	low, high := c.percentile(0.01), c.percentile(0.99)
	if spread, least := high-low, minRange; spread < least {
		return nil, fmt.Errorf("blank: grey values of a range of %d between the 1st and the 99th percentile, below %d", spread, least)
	}
	f.hidePadding(c)
	grey := image.NewGray(image.Rect(0, 0, f.width, f.height))
	if !f.deep && high-low >= ordinary {
		for i, v := range f.levels {
			grey.Pix[i] = uint8(v)
		}
	} else {
		room := (high - low) / 10
		low, high = max(c.percentile(0.001), low-room), min(c.percentile(0.999), high+room)
		s.Window = []int{low, high}
		scale := 255 / float64(high-low)
		for i, v := range f.levels {
			grey.Pix[i] = uint8(math.Round(float64(min(max(int(v), low), high)-low) * scale))
		}
	}
	f.hide(grey, 0)
	if s.Hidden = f.hiddenShare(); s.Hidden > 1-minRest {
		return nil, fmt.Errorf("mostly empty: %.0f %% of its pixels are padding or transparent", 100*s.Hidden)
	}
	if deviation := f.deviation(grey); deviation < minDeviation {
		return nil, fmt.Errorf("blank: grey values of a deviation of %.1f, below %d", deviation, minDeviation)
	}
	return grey, nil
}

// count counts the levels that are to be seen and finds those that lie apart.
func (f *film) count() *levelCount {
	c := &levelCount{count: make([]int, 1<<16)}
	for i, v := range f.levels {
		if f.hidden == nil || !f.hidden[i] {
			c.count[v]++
			c.n++
		}
	}
	c.low, c.upp = 0, len(c.count)-1
	least, blur := int(float64(c.n)*minRest), 0
	if !f.deep {
		blur = 2 // JPEG spreads a value over its neighbours
	}
	for range maxApart {
		if !c.cut(least, blur) {
			break
		}
	}
	return c
}

// cut takes a value at one end out of the count, with blur more beside it,
// where it lies apart from the rest.
func (c *levelCount) cut(least, blur int) bool {
	c.trim()
	for _, end := range []struct{ from, to int }{{c.low, min(c.low+blur, c.upp)}, {max(c.upp-blur, c.low), c.upp}} {
		n := 0
		for v := end.from; v <= end.to; v++ {
			n += c.count[v]
		}
		rest := levelCount{c.count, c.n - n, c.low, c.upp}
		if end.from == c.low {
			rest.low = end.to + 1
		} else {
			rest.upp = end.from - 1
		}
		if n < int(float64(c.n)*endShare) || rest.n < max(least, 1) {
			continue
		}
		low, high := rest.percentile(0.01), rest.percentile(0.99)
		if apart := max(low-end.to, end.from-high); float64(apart) > max(minApart*float64(high-low), 1) {
			*c = rest
			return true
		}
	}
	return false
}

// trim moves the ends to values that there are.
func (c *levelCount) trim() {
	for c.low < c.upp && c.count[c.low] == 0 {
		c.low++
	}
	for c.upp > c.low && c.count[c.upp] == 0 {
		c.upp--
	}
}

// percentile is the smallest level with at least a part of the pixels at or
// below it.
func (c *levelCount) percentile(part float64) int {
	seen := 0
	for v := c.low; v <= c.upp; v++ {
		if seen += c.count[v]; float64(seen) >= part*float64(c.n) && seen > 0 {
			return v
		}
	}
	return c.upp
}

// hidePadding hides the pixels of each end that lie apart, where they are so
// many that they are no mark.
func (f *film) hidePadding(c *levelCount) {
	below, above := 0, 0
	for _, v := range f.levels {
		if int(v) < c.low {
			below++
		} else if int(v) > c.upp {
			above++
		}
	}
	least := int(minPadding * float64(len(f.levels)))
	low, upp := below > least, above > least
	if !low && !upp {
		return
	}
	if f.hidden == nil {
		f.hidden = make([]bool, len(f.levels))
	}
	for i, v := range f.levels {
		f.hidden[i] = f.hidden[i] || low && int(v) < c.low || upp && int(v) > c.upp
	}
}

func (f *film) hiddenShare() float64 {
	n := 0
	for _, hidden := range f.hidden {
		if hidden {
			n++
		}
	}
	return float64(n) / float64(len(f.levels))
}

// deviation is the standard deviation of the grey values that are to be seen.
func (f *film) deviation(grey *image.Gray) float64 {
	var sum, squares, n float64
	for i, p := range grey.Pix {
		if f.hidden == nil || !f.hidden[i] {
			n++
			sum += float64(p)
			squares += float64(p) * float64(p)
		}
	}
	return math.Sqrt(max(squares/n-sum/n*sum/n, 0))
}

// The rules of image quality.
const (
	minRange     = 32  // grey values between the 1st and the 99th percentile
	minDeviation = 8   // standard deviation of the grey values
	maxAspect    = 1.6 // long side to short side
)

func wrongAspect(width, height int) error {
	if aspect := float64(max(width, height)) / float64(min(width, height)); aspect > maxAspect {
		return fmt.Errorf("wrong aspect: %d×%d pixels, more than %g to 1", width, height, maxAspect)
	}
	return nil
}
