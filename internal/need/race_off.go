//go:build !race

package need

// Race says whether the tests look for races, which makes them ten times as slow: no time
// is held against them then.
const Race = false
