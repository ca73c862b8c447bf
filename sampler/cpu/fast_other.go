//go:build !amd64

package cpu

// fast are the tilings in assembly: none for this processor.
var fast []*tiling
