// Package train trains the autoencoder and the diffusion model, writes what
// happens to a run folder, and exports model files.
package train

import "errors"

// ErrOptions is wrapped by the errors of options that make no sense.
var ErrOptions = errors.New("train: options refused")

// ErrStopped says that a run ended before its last step, by its time limit or
// because it was cancelled. Its checkpoint is written.
var ErrStopped = errors.New("train: stopped before the last step")
