// Package decimal reads numbers that people write, the same way in flags,
// tables, variables and requests: decimal, so that 010 is ten and not eight;
// without signs, prefixes and underscores that other languages know; finite.
// Spaces around a number are ignored.
package decimal

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ErrSyntax is wrapped by errors of a text that is no such number, or of one
// that is too large.
var ErrSyntax = errors.New("no decimal number")

var (
	whole    = regexp.MustCompile(`^[0-9]+$`)
	negative = regexp.MustCompile(`^-?[0-9]+$`)
	fraction = regexp.MustCompile(`^-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$`)
)

// Uint64 reads a whole number from 0 to 2⁶⁴ − 1.
func Uint64(text string) (uint64, error) {
	trimmed := strings.TrimSpace(text)
	n, err := strconv.ParseUint(trimmed, 10, 64)
	if err != nil || !whole.MatchString(trimmed) {
		return 0, fmt.Errorf("%w: %.40q is not a whole number from 0 to 2⁶⁴ − 1", ErrSyntax, text)
	}
	return n, nil
}

// Int reads a whole number, which may be negative.
func Int(text string) (int, error) {
	trimmed := strings.TrimSpace(text)
	n, err := strconv.Atoi(trimmed)
	if err != nil || !negative.MatchString(trimmed) {
		return 0, fmt.Errorf("%w: %.40q is not a whole number of usual size", ErrSyntax, text)
	}
	return n, nil
}

// Float64 reads a number such as 3, 0.5 or 1e-4, which may be negative.
func Float64(text string) (float64, error) {
	trimmed := strings.TrimSpace(text)
	f, err := strconv.ParseFloat(trimmed, 64)
	if err != nil || !fraction.MatchString(trimmed) {
		return 0, fmt.Errorf("%w: %.40q is not a number such as 3, 0.5 or 1e-4", ErrSyntax, text)
	}
	return f, nil
}
