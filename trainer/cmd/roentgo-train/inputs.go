//go:build libtorch

package main

import (
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/runs"
)

// openInputs opens what a diffusion model is trained on: the folder that prepare
// made, and the autoencoder of a run or of model files. The caller closes both.
func openInputs(folder string, vae []string) (*dataset.Prepared, runs.Autoencoder, error) {
	data, err := dataset.Open(folder)
	if err != nil {
		return nil, runs.Autoencoder{}, err
	}
	a, err := runs.OpenAutoencoder(vae)
	if err != nil {
		data.Close()
		return nil, a, err
	}
	return data, a, nil
}
