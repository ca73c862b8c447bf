package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
)

func devicesCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "devices",
		Short:   "List what can compute here, which one --device auto takes, and how each GPU was tuned",
		Example: "  roentgo devices",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := cmd.OutOrStdout()
			taken := sampler.CPU
			adapters, err := gpu.Adapters()
			if err != nil {
				fmt.Fprintln(w, err)
			}
			if err := writeAdapters(w, adapters); err != nil {
				return err
			}
			if slices.ContainsFunc(adapters, func(a gpu.Info) bool { return !a.Software() }) {
				taken = sampler.GPU
			}
			fmt.Fprintln(w, "cpu: always")
			_, err = fmt.Fprintln(w, "auto takes:", taken)
			return err
		},
	}
}

// writeAdapters writes what GPUs there are, and how each was tuned.
func writeAdapters(w io.Writer, adapters []gpu.Info) error {
	for _, a := range adapters {
		fmt.Fprintf(w, "gpu: %s (%s, %s)\n", a.Name, a.Backend, a.Type)
		m, err := gpu.Stored(a)
		if err != nil {
			fmt.Fprintln(w, "  not tuned yet: the first start with it measures (roentgo tune does now)")
			continue
		}
		if err := writeMeasurement(w, m); err != nil {
			return err
		}
	}
	return nil
}

func tuneCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tune",
		Short: "Measure again which tilings make the GPU fastest, and keep the result",
		Long: `Measure again which tilings make the GPU fastest, and keep the result for later
starts. Without this command roentgo measures once, when it first uses the GPU. Other
tilings change the last digits of computed values.`,
		Example: "  roentgo tune",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			device, err := gpu.Open(cmd.Context())
			if err != nil {
				return err
			}
			defer device.Close()
			m, err := gpu.Tune(cmd.Context(), device)
			if err != nil {
				return err
			}
			if err := m.Save(); err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "gpu: %s (%s)\n", m.Adapter, m.Backend)
			return writeMeasurement(w, m)
		},
	}
}

// writeMeasurement writes which tiling each class of work has, and what was
// measured of each.
func writeMeasurement(w io.Writer, m *gpu.Measurement) error {
	fmt.Fprintf(w, "  tuned %s; roentgo tune measures again\n", m.When.Format(time.DateTime+" MST"))
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, class := range slices.Sorted(maps.Keys(m.Tilings)) {
		var times []string
		for _, tiling := range slices.Sorted(maps.Keys(m.Times[class])) {
			times = append(times, fmt.Sprintf("%s %.3g ms", tiling, m.Times[class][tiling]))
		}
		if times == nil {
			times = []string{"not measured: time was up"}
		}
		fmt.Fprintf(t, "  %s\t%s\t(%s)\n", class, m.Tilings[class], strings.Join(times, "; "))
	}
	return t.Flush()
}
