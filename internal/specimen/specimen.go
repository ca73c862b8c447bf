// Package specimen gives tests small real inputs: chest X-rays with a manifest,
// and a vocabulary. Their README says whose they are.
package specimen

import (
	"path/filepath"
	"runtime"
)

// Images is how many X-rays the manifest lists, each of another patient.
const Images = 47

// Manifest returns the path of a manifest of X-rays of 256×256 pixels. Each
// finding stands alone in two of them at least.
func Manifest() string { return file("manifest.csv") }

// Vocabulary returns the path of the vocabulary of BERT-base-cased, one token
// per line.
func Vocabulary() string { return file("vocab.txt") }

// file returns the path of a file of testdata, which lies beside this source.
func file(name string) string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "testdata", name)
}
