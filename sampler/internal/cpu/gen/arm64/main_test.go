package main

import (
	"bytes"
	"os"
	"testing"
)

// TestCommitted compares the committed files with what the tables give.
func TestCommitted(t *testing.T) {
	a := kernels()
	declarations, err := a.declarations()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"kernels_arm64.s": a.code.Bytes(), "kernels_arm64.go": declarations} {
		got, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: go generate ./sampler/internal/cpu", name)
		}
	}
}
