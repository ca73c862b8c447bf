//go:build !libtorch

package main

import "testing"

func TestWithoutLibtorch(t *testing.T) {
	refused(t, 1, "make libtorch", "vae", "--data", "x", "--run", "y")
	refused(t, 1, "make libtorch", "diffusion")
}
