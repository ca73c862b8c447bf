// Package provenance makes an image say what it is: a visible mark and a
// watermark in its pixels, and in its PNG file the settings that it was sampled
// with, from which it can be made again.
package provenance

import (
	"errors"
	"strings"
)

// Title and Warning are written into every file, in the chunks of that name.
const (
	Title   = "Synthetic chest X-ray"
	Warning = "Synthetic image, not for diagnosis"
)

// Why a file's settings cannot be had. Every error of [Read] that is not its
// reader's own wraps one of them.
var (
	ErrNotPNG     = errors.New("provenance: not a PNG file")
	ErrDamaged    = errors.New("provenance: damaged PNG file")                       // cut short, or a checksum differs
	ErrTooLarge   = errors.New("provenance: larger than allowed")                    // the file, or its settings
	ErrNoSettings = errors.New("provenance: no settings of roentgo in the PNG file") // of another program, or stripped by one
	ErrSettings   = errors.New("provenance: settings not understood")                // of a newer roentgo, or tampered with
)

const (
	// MaxFile is how many bytes of a file are read.
	MaxFile = 64 << 20
	// MaxSettings is how many bytes settings may have, as JSON.
	MaxSettings = 1 << 20
)

// Settings are all that an image depends on besides the device, with what
// names its model.
type Settings struct {
	Prompt    string  `json:"prompt"`
	Negative  string  `json:"negative,omitempty"`
	Seed      uint64  `json:"seed,string"` // decimal: JSON numbers end at 2⁵³ in many readers
	Index     int     `json:"index"`       // which image of its request this was, from 0; Seed has it counted in
	Steps     int     `json:"steps"`
	Guidance  float64 `json:"guidance"`
	Rescale   float64 `json:"rescale"`
	Sampler   string  `json:"sampler"`
	Spacing   string  `json:"spacing"`
	Eta       float64 `json:"eta"`
	Truncate  bool    `json:"truncate,omitempty"` // the prompt was cut to the model's tokens
	ModelHash string  `json:"model_sha256"`       // hexadecimal
	ModelName string  `json:"model"`
	Version   string  `json:"roentgo"` // of the program

	// The timesteps that were guided; both 0: all. Files of programs that did
	// not know of it have neither.
	GuidanceLow  int `json:"guidance_low,omitempty"`
	GuidanceHigh int `json:"guidance_high,omitempty"`

	// How the pixels are marked, as [Marks.String] says it; empty: with the
	// visible mark and a watermark of the public key.
	Marks string `json:"marks,omitempty"`
}

// Marks are what is not usual about the marks in an image.
type Marks struct {
	Unmarked bool // no visible mark
	Unsigned bool // no watermark
	Secret   bool // a watermark of a key that is not the public one
}

// String lists what is not usual; empty: nothing.
func (m Marks) String() string {
	var list []string
	if m.Unmarked {
		list = append(list, "no visible mark")
	}
	switch {
	case m.Unsigned:
		list = append(list, "no watermark")
	case m.Secret:
		list = append(list, "a watermark of a secret key")
	}
	return strings.Join(list, ", ")
}
