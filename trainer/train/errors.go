//go:build libtorch

// Package train trains the autoencoder, the diffusion model, the text encoder and
// the classifier on libtorch, in folders of package runs.
package train

import "errors"

// ErrDiverged is wrapped by the error of a run whose gradients stay infinite or
// undefined.
var ErrDiverged = errors.New("train: diverged")

// ErrEncoder is wrapped by the error of a text encoder that has not learned
// enough. Its checkpoint is written, the encoder is not.
var ErrEncoder = errors.New("train: the text encoder is not good enough")
