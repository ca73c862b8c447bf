// Package runs reads and writes the folder of a training: its checkpoints, options,
// log, texts and latents. It also writes model files of what runs have learned. It
// needs no libtorch; package train, which does, trains.
package runs

import "errors"

// ErrOptions is wrapped by the errors of options that make no sense.
var ErrOptions = errors.New("train: options refused")

// ErrCheckpoint is wrapped by errors of a checkpoint that does not fit.
var ErrCheckpoint = errors.New("train: checkpoint refused")

// ErrStopped says that a run ended before its last step, by its time limit or
// because it was cancelled. Its checkpoint is written.
var ErrStopped = errors.New("train: stopped before the last step")
