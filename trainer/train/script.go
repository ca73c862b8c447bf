//go:build libtorch

package train

import (
	"fmt"

	"github.com/roentgo/roentgo/internal/digest"
	"github.com/roentgo/roentgo/trainer/libtorch"
)

// Network is a TorchScript module that the user gives, to measure images with.
type Network struct {
	script *libtorch.Script
	path   string
	Hash   string // of its file
}

// OpenNetwork opens a TorchScript file.
func OpenNetwork(path string) (*Network, error) {
	hash, _, err := digest.File(path)
	if err != nil {
		return nil, err
	}
	n := &Network{path: path, Hash: hash}
	if err := libtorch.Try(func() { n.script = libtorch.LoadScript(path) }); err != nil {
		return nil, fmt.Errorf("%s is not a TorchScript module that this libtorch reads: %w", path, err)
	}
	return n, nil
}

// Close frees the module.
func (n *Network) Close() { n.script.Free() }

// Features gives what the module makes of images in [−1, 1] of size × size
// values: it takes (B, 1, size, size) and returns (B, D).
func (n *Network) Features(images [][]float32, size int) ([][]float64, error) {
	return n.each(size, images)
}

// Distances gives the module's distance for each pair of images: it takes two
// batches (B, 1, size, size) and returns B values, as LPIPS does.
func (n *Network) Distances(a, b [][]float32, size int) ([]float64, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("train: %d and %d images are not pairs", len(a), len(b))
	}
	rows, err := n.each(size, a, b)
	if err != nil {
		return nil, err
	}
	list := make([]float64, len(rows))
	for i, row := range rows {
		if len(row) != 1 {
			return nil, fmt.Errorf("train: %s returns %d values per pair of images, not 1", n.path, len(row))
		}
		list[i] = row[0]
	}
	return list, nil
}

func (n *Network) each(size int, inputs ...[][]float32) (list [][]float64, err error) {
	libtorch.GradMode(false)
	defer libtorch.GradMode(true)
	count := len(inputs[0])
	for from := 0; from < count; from += evaluationBatch {
		upTo := min(from+evaluationBatch, count)
		var values []float32
		if err := libtorch.Try(func() {
			ops := libtorch.NewOps(nil)
			defer ops.Free()
			var batch []libtorch.Tensor
			for _, images := range inputs {
				var pixels []float32
				for _, x := range images[from:upTo] {
					pixels = append(pixels, x...)
				}
				batch = append(batch, ops.Tensor(pixels, upTo-from, 1, size, size))
			}
			values = ops.Float(ops.Script(n.script, batch...)).Values()
		}); err != nil {
			return nil, fmt.Errorf("train: %s: %w", n.path, err)
		}
		width := len(values) / (upTo - from)
		if width == 0 || width*(upTo-from) != len(values) {
			return nil, fmt.Errorf("train: %s returns %d values for %d images", n.path, len(values), upTo-from)
		}
		for at := 0; at < len(values); at += width {
			row := make([]float64, width)
			for k := range row {
				row[k] = float64(values[at+k])
				if row[k]-row[k] != 0 {
					return nil, fmt.Errorf("train: %s returns %g for an image", n.path, row[k])
				}
			}
			list = append(list, row)
		}
	}
	return list, nil
}
