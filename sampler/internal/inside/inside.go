// Package inside lets benchmarks reach what the sampler's public API does not
// give them.
package inside

import "github.com/roentgo/roentgo/internal/graph"

// Backend returns the device of a *sampler.Sampler, which must not be in use.
// Package sampler sets it.
var Backend func(s any) graph.Backend
