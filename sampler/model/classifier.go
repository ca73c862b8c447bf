package model

// ClassifierConfig shapes a [Classifier].
type ClassifierConfig struct {
	ImageSize int   `json:"image_size"` // pixels a side: 4 times a power of two
	Channels  []int `json:"channels"`   // of each level, finest first: multiples of 32
	Outputs   int   `json:"outputs"`
}

// Classifier gives a score, before a sigmoid, for each output of images
// (B, 1, image_size, image_size) in [−1, 1]: (B, outputs). It is a linear layer
// over [ClassifierFeatures]. Parameters are named "classifier.…".
func Classifier[T any](ops Ops[T], cfg ClassifierConfig, image T) T {
	return block[T]{ops, "classifier.out"}.linear(ClassifierFeatures(ops, cfg, image), cfg.Outputs)
}

// ClassifierFeatures describes images by (B, channels of the last level): a
// residual network (He et al. 2016) of one block per level, each of which
// halves the image, after a pixel-unshuffle by two, and the mean over what is
// left.
func ClassifierFeatures[T any](ops Ops[T], cfg ClassifierConfig, image T) T {
	b := block[T]{ops, "classifier"}
	h := b.sub("conv_in").conv(ops.PixelUnshuffle(image, 2), cfg.Channels[0], 3, 1)
	for i, c := range cfg.Channels {
		if i > 0 {
			h = ops.AvgPool2(h)
		}
		h = b.sub("level").index(i).resBlock(h, c)
	}
	h = ops.SiLU(b.sub("norm_out").groupNorm(h))
	for ops.Shape(h)[2] > 1 {
		h = ops.AvgPool2(h)
	}
	s := ops.Shape(h)
	return ops.Reshape(h, s[0], s[1])
}
