//go:build libtorch

package main

import (
	"context"
	"fmt"
	"iter"

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
	made         string
	seed         uint64
}

func synthesizeCommand() *cobra.Command {
	var o synthesizeOptions
	cmd := &cobra.Command{
		Use:   "synthesize (--model FILE | --made FOLDER) --data FOLDER --out FOLDER",
		Short: "Write prepared data whose training images a model makes of the captions",
		Long: `Make an image of the caption of each training image, with the model's own settings,
and write a folder as 'prepare' does: synthetic training images with the labels that
they were asked for, and the real held-out images. A classifier that is trained on it
shows what synthetic images are worth; 'usefulness' compares it with one of real images.
The images have no mark and no watermark, which a classifier could learn: do not publish
the folder.`,
		Example: "  roentgo-train synthesize --model model" + weights.Extension + " --data runs/data --out runs/synthetic\n" +
			"  roentgo-train synthesize --made runs/synthetic --data runs/data --with-real --out runs/both",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (len(o.models) > 0) == (o.made != "") {
				return misuse{fmt.Errorf("give either --model or --made")}
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.models, "model", nil, "model file, once per file")
	f.StringVar(&o.made, "made", "", "folder that this command made of the same data: its images are taken in the place of a model's")
	f.StringVar(&o.data, "data", "", "folder that 'prepare' made (required)")
	f.StringVar(&o.Out, "out", "", "folder to make, which must not exist (required)")
	f.BoolVar(&o.Keep, "with-real", false, "copy the real training images as well")
	f.StringArrayVar(&o.LeaveOut, "leave-out", nil, leaveOutHelp)
	f.Uint64Var(&o.seed, "seed", 1, "of captions and noise")
	f.StringVar(&o.device, "sample-on", sampler.CPU, "auto, gpu or cpu")
	for _, name := range []string{"data", "out"} {
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
	from, sample := (*dataset.Prepared)(nil), o.fromModel
	if o.made != "" {
		if from, err = dataset.Open(o.made); err != nil {
			return err
		}
		defer from.Close()
		sample = func(context.Context, *dataset.Prepared) (drawing, error) { return fromFolder(from, data) }
	}
	d, err := sample(ctx, data)
	if err != nil {
		return err
	}
	defer d.close()
	sum, err := dataset.Synthetic(data, o.SyntheticOptions, d.draw)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d images of captions and %d real ones, %d of them held out, in %s\n", sum.Sources[dataset.SyntheticSource], sum.Images-sum.Sources[dataset.SyntheticSource], sum.Test, o.Out)
	return nil
}

// drawing draws the images of training records, in their order.
type drawing struct {
	draw  func(i int, pixels []byte) error
	close func()
}

// fromFolder takes them from a folder that this command made of the data.
func fromFolder(from, data *dataset.Prepared) (drawing, error) {
	if from.Size() != data.Size() {
		return drawing{}, fmt.Errorf("the images made have %d pixels per side, the prepared ones %d: these must be equal", from.Size(), data.Size())
	}
	place := map[string]int{}
	for k, r := range from.Records {
		place[r.File] = k
	}
	x := make([]float32, data.Size()*data.Size())
	return drawing{func(i int, pixels []byte) error {
		k, ok := place[dataset.SyntheticFile(i)]
		if !ok || from.Records[k].Patient != data.Records[i].Patient {
			return fmt.Errorf("%s has no image of record %d: it was made of other data", from.Dir, i)
		}
		if err := from.Image(k, x); err != nil {
			return err
		}
		copy(pixels, train.Gray(x, data.Size()).Pix)
		return nil
	}, func() {}}, nil
}

// fromModel has the model make them.
func (o synthesizeOptions) fromModel(ctx context.Context, data *dataset.Prepared) (d drawing, err error) {
	m, err := weights.Open(o.models...)
	if err != nil {
		return d, err
	}
	defer m.Close() // New reads all of it
	s, err := sampler.New(ctx, m, sampler.Options{Device: o.device})
	if err != nil {
		return d, err
	}
	if size := s.Description().Model.ImageSize; size != data.Size() {
		s.Close()
		return d, fmt.Errorf("the model makes images of %d pixels per side, the prepared ones have %d: these must be equal", size, data.Size())
	}
	var rows []sampler.Row
	for _, i := range train.Used(data, dataset.Train, o.LeaveOut) {
		rows = append(rows, sampler.Row{Prompt: dataset.Caption(data.Records[i], o.seed, i, 0), Seed: o.seed<<32 + uint64(i)})
	}
	next, stop := iter.Pull2(s.Images(ctx, sampler.Request{Rows: rows, Truncate: true}))
	p := progress{command: "synthesize", total: len(rows)}
	return drawing{func(i int, pixels []byte) error {
		img, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("the sampler ended before the image of record %d", i)
		}
		if err := metric.Clamp(img.Pix); err != nil {
			return fmt.Errorf("%q: %w", data.Records[i].File, err)
		}
		copy(pixels, img.Gray().Pix)
		p.one("caption of a training image")
		return nil
	}, func() { stop(); s.Close() }}, nil
}
