package modeltest

import "github.com/roentgo/roentgo/sampler/model"

// Classifier returns a case of a small classifier with a batch of two.
func Classifier[T any]() Case[T] {
	c := model.ClassifierConfig{ImageSize: 32, Channels: []int{32, 64, 64}, Outputs: 5}
	return Case[T]{"Classifier batch 2", []Input{Normal("image", 2, 1, c.ImageSize, c.ImageSize)},
		func(o model.Ops[T], x []T) T { return model.Classifier(o, c, x[0]) }, networkTolerance}
}
