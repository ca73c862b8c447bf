//go:build !amd64 && !arm64

package cpu

// fast are the instruction sets with assembly: none for this processor.
var fast []*instructions
