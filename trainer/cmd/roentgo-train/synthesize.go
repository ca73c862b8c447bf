//go:build libtorch

package main

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// synthesizeOptions are the flags of `synthesize`.
type synthesizeOptions struct {
	dataset.SyntheticOptions
	models       []string
	data, device string
	seed         uint64
}

func synthesizeCommand() *cobra.Command {
	var o synthesizeOptions
	cmd := &cobra.Command{
		Use:   "synthesize --model FILE --data FOLDER --out FOLDER",
		Short: "Write prepared data whose training images a model makes of the captions",
		Long: `Make an image of the caption of each training image, with the model's own settings,
and write a folder as 'prepare' does: synthetic training images with the labels that
they were asked for, and the real held-out images. A classifier that is trained on it
shows what synthetic images are worth; 'usefulness' compares it with one of real images.
The images have no mark and no watermark, which a classifier could learn: do not publish
the folder.`,
		Example: "  roentgo-train synthesize --model model" + weights.Extension + " --data runs/data --out runs/synthetic\n" +
			"  roentgo-train synthesize --model model" + weights.Extension + " --data runs/data --with-real --out runs/both",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.models, "model", nil, "model file, once per file (required)")
	f.StringVar(&o.data, "data", "", "folder that 'prepare' made (required)")
	f.StringVar(&o.Out, "out", "", "folder to make, which must not exist (required)")
	f.BoolVar(&o.Keep, "with-real", false, "copy the real training images as well")
	f.StringArrayVar(&o.LeaveOut, "leave-out", nil, leaveOutHelp)
	f.Uint64Var(&o.seed, "seed", 1, "of captions and noise")
	f.StringVar(&o.device, "sample-on", sampler.CPU, "auto, gpu or cpu")
	for _, name := range []string{"model", "data", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

func (o synthesizeOptions) run(ctx context.Context) error {
	data, err := dataset.Open(o.data)
	if err != nil {
		return err
	}
	defer data.Close()
	m, err := weights.Open(o.models...)
	if err != nil {
		return err
	}
	defer m.Close()
	s, err := sampler.New(ctx, m, sampler.Options{Device: o.device})
	if err != nil {
		return err
	}
	defer s.Close()
	if size := s.Description().Model.ImageSize; size != data.Size() {
		return fmt.Errorf("the model makes images of %d pixels a side, the prepared ones have %d: these must be equal", size, data.Size())
	}
	var rows []sampler.Row
	for _, i := range train.Used(data, dataset.Train, o.LeaveOut) {
		rows = append(rows, sampler.Row{Prompt: dataset.Caption(data.Records[i], o.seed, i, 0), Seed: o.seed<<32 + uint64(i)})
	}
	next, stop := iter.Pull2(s.Images(ctx, sampler.Request{Rows: rows, Truncate: true}))
	defer stop()
	p := progress{command: "synthesize", total: len(rows)}
	sum, err := dataset.Synthetic(data, o.SyntheticOptions, func(i int, pixels []byte) error {
		img, err, ok := next()
		if err != nil || !ok {
			return firstOf(err, ctx.Err(), fmt.Errorf("the sampler ended before image %d", i))
		}
		if err := metric.Clamp(img.Pix); err != nil {
			return fmt.Errorf("%q: %w", data.Records[i].File, err)
		}
		for j, x := range img.Pix {
			pixels[j] = byte(math.Round(127.5 * (1 + float64(x))))
		}
		p.one("caption of a training image")
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("%d images of captions and %d real ones, %d of them held out, in %s\n", sum.Sources[dataset.SyntheticSource], sum.Images-sum.Sources[dataset.SyntheticSource], sum.Test, o.Out)
	return nil
}

// firstOf returns the first error that is one.
func firstOf(errs ...error) error {
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}
