// Package train trains the autoencoder and the diffusion model, writes what
// happens to a run folder, and exports model files.
package train

import "errors"

// ErrOptions is wrapped by the errors of options that make no sense.
var ErrOptions = errors.New("train: options refused")

// ErrDiverged is wrapped by the error of a run whose gradients stay infinite or
// undefined.
var ErrDiverged = errors.New("train: diverged")

// ErrStopped says that a run ended before its last step, by its time limit or
// because it was cancelled. Its checkpoint is written.
var ErrStopped = errors.New("train: stopped before the last step")

// ErrEncoder is wrapped by the error of a text encoder that has not learned
// enough. Its checkpoint is written, the encoder is not.
var ErrEncoder = errors.New("train: the text encoder is not good enough")
