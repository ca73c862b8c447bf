//go:build js

package main

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/weights"
)

func main() {
	m, err := weights.OpenReader(bytes.NewReader(nil), 0, weights.Options{})
	fmt.Println(err)
	s, err := sampler.New(context.Background(), m, sampler.Options{})
	r, err := s.Sample(context.Background(), sampler.Request{})
	fmt.Println(r, err)
	var b bytes.Buffer
	provenance.Encode(&b, provenance.Mark(image.NewGray(image.Rect(0, 0, 1, 1))), provenance.Settings{})
	provenance.Read(&b)
}
