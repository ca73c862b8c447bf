package model

import "fmt"

// ClassifierConfig shapes a [Classifier].
type ClassifierConfig struct {
	ImageSize int   `json:"image_size"` // pixels per side: a power of two
	Channels  []int `json:"channels"`   // of each level, finest first: multiples of 32
	Outputs   int   `json:"outputs"`
}

// maxOutputs bounds ClassifierConfig.Outputs.
const maxOutputs = 256

// Validate checks that the network can be built from c and that every number is
// within its bound. The error wraps [ErrConfig] and names the field.
func (c ClassifierConfig) Validate() error {
	refuse := func(format string, a ...any) error {
		return fmt.Errorf("%w: classifier: %s", ErrConfig, fmt.Sprintf(format, a...))
	}
	levels := len(c.Channels)
	switch {
	case levels < 1 || levels > maxLevels:
		return refuse("channels has %d levels, allowed are 1 to %d", levels, maxLevels)
	case c.ImageSize < 1<<levels || c.ImageSize > maxImageSize || c.ImageSize&(c.ImageSize-1) != 0:
		return refuse("image_size is %d; with %d levels a power of two from %d to %d is needed", c.ImageSize, levels, 1<<levels, maxImageSize)
	case c.Outputs < 1 || c.Outputs > maxOutputs:
		return refuse("outputs is %d, allowed are 1 to %d", c.Outputs, maxOutputs)
	}
	for i, n := range c.Channels {
		if n < normGroups || n > maxChannels || n%normGroups != 0 {
			return refuse("level %d has %d channels, which must be a multiple of %d up to %d", i, n, normGroups, maxChannels)
		}
	}
	return nil
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
