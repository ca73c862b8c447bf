package sampler

import "github.com/roentgo/roentgo/sampler/internal/device"

// WithOpener returns options for New that open devices with f.
func WithOpener(o Options, f device.Opener) Options {
	o.open = f
	return o
}
