package provenance

import "image"

// grid is an image in floating point.
type grid struct {
	width, height int
	values        []float64
}

// gridOf returns the middle of an image, at most side pixels wide and high.
func gridOf(img *image.Gray, side int) grid {
	g := grid{width: min(img.Rect.Dx(), side), height: min(img.Rect.Dy(), side)}
	left, top := (img.Rect.Dx()-g.width)/2, (img.Rect.Dy()-g.height)/2
	g.values = make([]float64, g.width*g.height)
	for y := range g.height {
		for x, v := range img.Pix[(top+y)*img.Stride+left:][:g.width] {
			g.values[y*g.width+x] = float64(v)
		}
	}
	return g
}

// rescaled returns the grid with its sides multiplied by factor, bilinearly.
func (g grid) rescaled(factor float64) grid {
	out := grid{width: int(float64(g.width)*factor + 0.5), height: int(float64(g.height)*factor + 0.5)}
	out.values = make([]float64, out.width*out.height)
	for y := range out.height {
		y0, y1, fy := between(y, factor, g.height)
		for x := range out.width {
			x0, x1, fx := between(x, factor, g.width)
			above := g.values[y0*g.width+x0]*(1-fx) + g.values[y0*g.width+x1]*fx
			below := g.values[y1*g.width+x0]*(1-fx) + g.values[y1*g.width+x1]*fx
			out.values[y*out.width+x] = above*(1-fy) + below*fy
		}
	}
	return out
}

// between returns the two of n pixels between whose middles the middle of pixel
// i of the rescaled lies, and how far it is towards the second.
func between(i int, factor float64, n int) (first, second int, part float64) {
	at := min(max((float64(i)+0.5)/factor-0.5, 0), float64(n-1))
	first = int(at)
	return first, min(first+1, n-1), at - float64(first)
}
