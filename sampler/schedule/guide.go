package schedule

import "math"

// Guide writes classifier-free guidance (Ho and Salimans 2022) to dst:
// null + scale·(text − null), brought back towards the deviation of text by
// the part rescale (Lin et al. 2023, equations 15 and 16). dst may be any of
// the operands.
func Guide(dst, null, text []float32, scale, rescale float64) {
	var sumText, sumSqText, sum, sumSq float64
	for i := range dst {
		t, n := float64(text[i]), float64(null[i])
		g := n + scale*(t-n)
		dst[i] = float32(g)
		sumText += t
		sumSqText += t * t
		sum += g
		sumSq += g * g
	}
	if rescale == 0 {
		return
	}
	n := float64(len(dst))
	variance := sumSq/n - sum/n*(sum/n)
	if variance <= 0 {
		return
	}
	ratio := math.Sqrt(max(sumSqText/n-sumText/n*(sumText/n), 0) / variance)
	factor := float32(rescale*ratio + 1 - rescale)
	for i := range dst {
		dst[i] *= factor
	}
}
