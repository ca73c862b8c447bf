// Package weights reads and writes roentgo's model files: one safetensors file
// in zstd frames with a seek table, so that any part can be read without the
// rest, and a manifest beside it.
//
// A model file is data. Opening a hostile one gives an error that names the
// tensor and the rule, never a crash, and never takes more memory than the
// file declares and the caller allows.
package weights

import "errors"

// The kinds of refusal. Every error of this package that a file is to blame
// for wraps one of them.
var (
	ErrFormat    = errors.New("weights: not a model file of this format") // a rule of the format is broken
	ErrTruncated = errors.New("weights: the file is cut short")           // download it again
	ErrTooLarge  = errors.New("weights: larger than allowed")             // a declared size is over a limit
	ErrHash      = errors.New("weights: hash differs")                    // the content was changed or damaged
	ErrMissing   = errors.New("weights: not in the model file")           // no tensor, or no part, of that name
	ErrExists    = errors.New("weights: the file exists already")         // pass Overwrite, or choose another name
)

// The largest that a file may declare. A reader allocates nothing of a size
// that it has not checked against them.
const (
	maxHeader   = 8 << 20 // bytes of the safetensors header
	maxTensors  = 1 << 16
	maxRank     = 8
	maxName     = 256       // bytes of the name of a tensor, or of the key of metadata
	maxEntry    = 4 << 10   // bytes of JSON that describe a tensor
	maxConfig   = 64 << 10  // bytes of the configuration
	maxMetadata = 256 << 10 // bytes of any other metadata
	maxFrames   = 1 << 16
	maxFrame    = 4 << 20 // bytes of a decompressed frame
	// DefaultMaxBytes limits the decompressed size of a model file unless
	// Options says otherwise: BioBERT in float32 with the paper's networks is
	// 0.6 GB.
	DefaultMaxBytes = 2 << 30
)
