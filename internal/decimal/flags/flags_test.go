package flags

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestDecimal(t *testing.T) {
	var (
		seed  uint64
		steps int
		rate  float64
	)
	child := &cobra.Command{Use: "child", RunE: func(*cobra.Command, []string) error { return nil }}
	child.Flags().Uint64Var(&seed, "seed", 0, "")
	child.Flags().IntVar(&steps, "steps", 3, "")
	child.Flags().Float64Var(&rate, "rate", 0, "")
	root := &cobra.Command{Use: "root", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(child)
	Decimal(root)
	root.SetArgs([]string{"child", "--seed", "010", "--steps=08", "--rate", "010.50"})
	if err := root.Execute(); err != nil || seed != 10 || steps != 8 || rate != 10.5 {
		t.Errorf("%v: seed %d, steps %d, rate %g; want 10, 8, 10.5", err, seed, steps, rate)
	}
	for _, args := range []string{"--seed=-1", "--seed=0x10", "--steps=1_0", "--rate=NaN", "--rate=Inf"} {
		root.SetArgs([]string{"child", args})
		if err := root.Execute(); err == nil || !strings.Contains(err.Error(), "invalid argument") {
			t.Errorf("%s: error %v", args, err)
		}
	}
}
