// Package flags gives command lines the numbers of package decimal.
package flags

import (
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roentgo/roentgo/internal/decimal"
)

// Decimal makes the numeric flags of a command, and of those under it, be read as
// package decimal reads numbers. The flags' own way takes 010 for octal, and NaN
// for a number.
func Decimal(cmd *cobra.Command) {
	for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		set.VisitAll(func(f *pflag.Flag) {
			if read := canonical[f.Value.Type()]; read != nil {
				f.Value = value{f.Value, read}
			}
		})
	}
	for _, c := range cmd.Commands() {
		Decimal(c)
	}
}

// canonical rewrites a number of a flag's type such that the flag's own way can
// only read it as what it is.
var canonical = map[string]func(text string) (string, error){
	"int": func(text string) (string, error) {
		n, err := decimal.Int(text)
		return strconv.Itoa(n), err
	},
	"uint64": func(text string) (string, error) {
		n, err := decimal.Uint64(text)
		return strconv.FormatUint(n, 10), err
	},
	"float64": func(text string) (string, error) {
		f, err := decimal.Float64(text)
		return strconv.FormatFloat(f, 'g', -1, 64), err
	},
}

// value is a flag's value that is read another way.
type value struct {
	pflag.Value
	read func(text string) (string, error)
}

func (v value) Set(text string) error {
	text, err := v.read(text)
	if err != nil {
		return err
	}
	return v.Value.Set(text)
}
