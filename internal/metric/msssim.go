package metric

import (
	"fmt"
	"math"
)

// scaleWeights are those of Wang et al. 2003, section 3.2, finest scale first.
var scaleWeights = [...]float64{0.0448, 0.2856, 0.3001, 0.2363, 0.1333}

// MSSSIMSide is the least side of an image that [MSSSIM] measures: at the
// coarsest of five scales the window fits once.
const MSSSIMSide = window << (len(scaleWeights) - 1)

// MSSSIM is the multi-scale structural similarity of two images of size × size
// values over the value range dataRange (Wang, Simoncelli, Bovik 2003, eq. 7):
// contrast and structure at five scales, each half the one before, and luminance
// at the coarsest. A negative term counts as 0. 1 means equal.
//
// It panics when the lengths do not fit or size is below [MSSSIMSide].
func MSSSIM(x, y []float32, size int, dataRange float64) float64 {
	if len(x) != size*size || len(y) != len(x) || size < MSSSIMSide {
		panic(fmt.Sprintf("metric: MS-SSIM of images of %d and %d values, %d a side", len(x), len(y), size))
	}
	a, b := floats(x), floats(y)
	product := 1.0
	for scale, weight := range scaleWeights {
		if scale > 0 {
			a, b = halved(a, size), halved(b, size)
			size /= 2
		}
		similarity, contrast := similarities(a, b, size, size, dataRange)
		term := contrast
		if scale == len(scaleWeights)-1 {
			term = similarity
		}
		product *= math.Pow(max(term, 0), weight)
	}
	return product
}
