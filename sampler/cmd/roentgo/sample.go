package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// defaultOut is the --out of a single image.
const defaultOut = "xray.png"

// sampleFlags are those of `sample`.
type sampleFlags struct {
	models             modelFlags
	modelName          string // as an image's file states it
	out, from, prompts string
	trace              string
	interval, shard    string
	part               shard
	request            sampler.Request
	rescale, eta       float64
	device, mode       string
	threads            int
	json, force, plain bool
	keyFile            string
	key                provenance.Key
	unsigned           bool // without a watermark
}

func sampleCommand() *cobra.Command {
	var f sampleFlags
	cmd := &cobra.Command{
		Use:   "sample [PROMPT…]",
		Short: "Make synthetic chest X-rays from text",
		Long: `Make synthetic chest X-rays from text. Spaces join the words of PROMPT.
Without a PROMPT the image shows no particular finding. The prompt - reads the
standard input.

To resume a command that was interrupted, give it again: it keeps the images that
it has made.

Each image says in its lower right corner, and in the text chunks of its file, that
it is synthetic. It is not for diagnosis. Its pixels also hold an invisible
watermark, which the command detect finds.`,
		Example: `  roentgo sample "cardiomegaly with pleural effusion"
  roentgo sample --seed 7 --count 4 --out effusion.png pleural effusion
  roentgo sample --prompts prompts.csv --out xrays
  roentgo sample --seed 1 --count 1000 --shard 2/8 --out xrays/x.png no finding
  roentgo sample --from xray.png --out again.png`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	l := cmd.Flags()
	f.models.add(l)
	l.StringVar(&f.out, "out", defaultOut, "PNG file to write, or DICOM file if it ends in .dcm; - for the standard output; with more images than one their seeds are added; with --prompts a folder")
	l.IntVar(&f.request.Steps, "steps", 0, "denoising steps (default: the model's)")
	l.Float64Var(&f.request.Guidance, "guidance", 0, "how strongly the text guides, 1 to 100; 1: without guidance, in half the time (default: the model's)")
	l.StringVar(&f.interval, "guidance-interval", "", "timesteps that are guided, as LOW-HIGH or LOW-, or all; the others take half the time (default: the model's)")
	l.Float64Var(&f.rescale, "rescale", 0, "part of guidance rescaling, 0 to 1 (default: the model's)")
	l.Uint64Var(&f.request.Seed, "seed", 0, "the same seed gives the same image (default: drawn and printed)")
	l.IntVar(&f.request.Count, "count", 1, "number of images; their seeds count up from --seed")
	l.IntVar(&f.request.Batch, "batch", 0, "images computed together: changes speed and memory, but no byte of any image (default: chosen by device and memory)")
	l.StringVar(&f.shard, "shard", "", "make part I of N of the images, I from 0: I/N; auto/N: I from $"+slurmID+" or $"+kubernetesID+"; auto: N too, in a Slurm array")
	l.StringVar(&f.request.Sampler, "sampler", "", strings.Join(schedule.Samplers(), ", ")+" (default: the model's)")
	l.StringVar(&f.request.Spacing, "spacing", "", "of the timesteps: leading, trailing or quadratic (default: the model's)")
	l.Float64Var(&f.eta, "eta", 0, "of ddim: how much of the noise is drawn again in each step, 0 to 1 (default: the model's)")
	l.StringVar(&f.request.Negative, "negative", "", "text to guide away from (default: the view that the prompt states, if the model was trained for that)")
	l.BoolVar(&f.request.Truncate, "truncate", false, "cut a prompt that has too many tokens instead of refusing it")
	l.StringVar(&f.device, "device", sampler.Auto, "auto: a real GPU if there is one, else the CPU; gpu: any adapter, also one in software; cpu")
	l.IntVar(&f.threads, "threads", 0, "of the CPU (default: one per core)")
	l.StringVar(&f.mode, "mode", cpu.Fast, "of the CPU: "+cpu.Fast+", or "+cpu.Small+", which takes less memory and more time")
	l.StringVar(&f.from, "from", "", "make the image of this PNG or DICOM file again, from the settings in it")
	l.StringVar(&f.prompts, "prompts", "", "CSV file, - for the standard input, with a column prompt and the optional columns seed, negative and name: one image per row")
	l.StringVar(&f.trace, "trace", "", "folder for every intermediate value, as NumPy files")
	l.BoolVar(&f.json, "json", false, "report progress as JSON lines on the standard output")
	l.BoolVar(&f.force, "force", false, "overwrite existing files")
	l.BoolVar(&f.plain, "no-mark", false, "leave out the visible mark: whoever sees the image will not see that it is synthetic, and you must say so")
	l.StringVar(&f.keyFile, watermarkKey, "", "file with the secret of your own watermarks, of 16 bytes or more (default: the public key, which proves nothing)")
	l.BoolVar(&f.unsigned, "no-watermark", false, "leave out the watermark")
	return cmd
}

// zeros are the flags for which 0 is not a value, though a request takes it
// for an open one.
var zeros = []string{"steps", "guidance", "count", "batch"}

// check completes the request from the flags that were set.
func (f *sampleFlags) check(cmd *cobra.Command, args []string) error {
	l := cmd.Flags()
	for _, name := range zeros {
		if v := l.Lookup(name); v.Changed && v.Value.String() == "0" {
			return misuse{fmt.Errorf("--%s 0: at least 1 is needed", name)}
		}
	}
	if f.request.Count < 0 {
		return misuse{fmt.Errorf("--count %d: at least 1 is needed", f.request.Count)}
	}
	if f.request.Count > sampler.MaxCount {
		return misuse{fmt.Errorf("--count %d: at most %d are possible (give others in another command, from another --seed on)", f.request.Count, sampler.MaxCount)}
	}
	if err := f.checkOut(); err != nil {
		return err
	}
	if f.unsigned && f.keyFile != "" {
		return misuse{errors.New("--no-watermark and --" + watermarkKey + " exclude each other")}
	}
	var err error
	if f.key, err = readKey(f.keyFile); err != nil {
		return err
	}
	if l.Changed("rescale") {
		f.request.Rescale = &f.rescale
	}
	if l.Changed("eta") {
		f.request.Eta = &f.eta
	}
	if l.Changed("guidance-interval") {
		interval, err := schedule.ParseInterval(f.interval)
		if err != nil {
			return misuse{fmt.Errorf("--guidance-interval %w", err)}
		}
		f.request.GuidanceInterval = &interval
	}
	if l.Changed("shard") {
		if f.part, err = parseShard(f.shard, os.Getenv); err != nil {
			return misuse{fmt.Errorf("--shard %w", err)}
		}
		if f.prompts == "" && !l.Changed("seed") {
			return misuse{errors.New("--shard needs --seed: the parts must agree on what the images are")}
		}
	}
	f.request.Prompt = strings.Join(args, " ")
	if slices.Contains(args, standardInput) && len(args) > 1 {
		return misuse{errors.New("the prompt -, which is read from the standard input, excludes others")}
	}
	if f.from != "" && f.prompts != "" {
		return misuse{errors.New("--from and --prompts exclude each other")}
	}
	if f.prompts != "" {
		for _, name := range []string{"seed", "count", "negative", "trace"} {
			if l.Changed(name) {
				return misuse{fmt.Errorf("--%s and --prompts exclude each other: a prompts file makes one image per row, each with its own columns", name)}
			}
		}
		if len(args) > 0 {
			return misuse{errors.New("a prompt and --prompts exclude each other")}
		}
	}
	if f.from != "" {
		for _, name := range []string{"steps", "guidance", "guidance-interval", "rescale", "seed", "count", "shard", "sampler", "spacing", "eta", "negative", "truncate"} {
			if l.Changed(name) {
				return misuse{fmt.Errorf("--%s and --from exclude each other: the settings are those of %s", name, f.from)}
			}
		}
		if len(args) > 0 {
			return misuse{errors.New("a prompt and --from exclude each other")}
		}
	}
	if f.trace != "" && f.request.Count > 1 {
		return misuse{errors.New("--trace takes one image at a time (leave out --count)")}
	}
	if !l.Changed("seed") {
		f.request.Seed = drawSeed()
	}
	return nil
}

// drawSeed draws a seed below 2⁵³, which every program can read exactly.
func drawSeed() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:]) >> 11
}

func (f *sampleFlags) run(cmd *cobra.Command, args []string) error {
	if err := f.check(cmd, args); err != nil {
		return err
	}
	ctx := cmd.Context()
	stdout := cmd.OutOrStdout()
	if f.out == standardOutput {
		stdout = cmd.ErrOrStderr() // the other is the image's
	}
	r := newReporter(f.json, stdout, cmd.ErrOrStderr())
	defer r.line()
	if f.prompts != "" {
		return f.many(ctx, r)
	}
	if f.request.Prompt == standardInput {
		var err error
		if f.request.Prompt, err = within(ctx, func() (string, error) { return readPrompt(cmd.InOrStdin()) }); err != nil {
			return err
		}
	} else if len(args) == 0 && f.from == "" && isPipe(cmd.InOrStdin()) {
		r.note("the standard input is not read (give - as the prompt to have it read)")
	}
	var again provenance.Settings
	if f.from != "" {
		var err error
		if again, err = within(ctx, func() (provenance.Settings, error) { return readSettings(f.from) }); err != nil {
			return err
		}
		f.request = requestOf(again)
		if err := f.models.choose(again.ModelHash); err != nil {
			return err
		}
	}
	images, err := f.plan(again.Index)
	if err != nil || len(images) == 0 { // there are more parts than images
		return err
	}
	if f.trace != "" {
		if err := checkTrace(f.trace, f.out, f.force); err != nil {
			return err
		}
	}
	s, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if f.from != "" && again.ModelHash != s.ModelHash() {
		return fmt.Errorf("%s was made with model %.64q (%.12q…), and this one is %.12s… (give its file with --model)", f.from, again.ModelName, again.ModelHash, s.ModelHash())
	}
	f.request.Progress = r.progress
	if f.out == standardOutput {
		return f.stream(ctx, s, r, cmd.OutOrStdout(), images[0])
	}
	if f.trace == "" {
		return f.write(ctx, s, r, images)
	}
	t, err := newTrace(f.trace)
	if err != nil {
		return err
	}
	defer t.discard()
	f.request.Trace = t.add
	if err := f.write(ctx, s, r, images); err != nil {
		return err
	}
	return t.finish()
}

// open opens the model and puts it on the device.
func (f *sampleFlags) open(ctx context.Context) (*sampler.Sampler, error) {
	switch f.device {
	case sampler.Auto, sampler.GPU, sampler.CPU:
	default:
		return nil, misuse{fmt.Errorf("no device %q (there are %s, %s, %s)", f.device, sampler.Auto, sampler.GPU, sampler.CPU)}
	}
	switch f.mode {
	case "", cpu.Fast, cpu.Small:
	default:
		return nil, misuse{fmt.Errorf("no mode %q (there are %s, %s)", f.mode, cpu.Fast, cpu.Small)}
	}
	if f.threads < 0 || f.threads > cpu.MaxThreads {
		return nil, misuse{fmt.Errorf("--threads %d: 1 to %d are possible, 0 is one per core", f.threads, cpu.MaxThreads)}
	}
	m, err := f.models.open()
	if err != nil {
		return nil, err
	}
	if f.modelName, err = f.models.called(); err != nil {
		return nil, err
	}
	if f.mode != cpu.Small { // which reads it as it goes
		defer m.Close()
	}
	return sampler.New(ctx, m, sampler.Options{Device: f.device, Threads: f.threads, Mode: f.mode, Tune: true})
}

// plan lists the images to make, those of this part: the seed is added to the
// names where the command makes several. It refuses what could not be written.
// index is that of a single image among those of an earlier command.
func (f *sampleFlags) plan(index int) ([]planned, error) {
	q := f.request
	if f.out == standardOutput {
		return []planned{{row: sampler.Row{Prompt: q.Prompt, Negative: q.Negative, Seed: q.Seed}, index: index}}, nil
	}
	from, to := f.part.span(max(q.Count, 1))
	extension := filepath.Ext(f.out)
	var list []planned
	for k := from; k < to; k++ {
		p := planned{f.out, sampler.Row{Prompt: q.Prompt, Negative: q.Negative, Seed: q.Seed + uint64(k)}, index + k}
		if q.Count > 1 {
			p.path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(f.out, extension), p.row.Seed, extension)
		} else if err := checkOutput(p.path, f.force); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, nil
	}
	longest := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(f.out, extension), uint64(math.MaxUint64), extension)
	if n := len(filepath.Base(longest)); q.Count > 1 && n > maxName {
		return nil, misuse{fmt.Errorf("--out: with a seed the name may be %d bytes long, at most %d are possible", n, maxName)}
	}
	return list, writable(filepath.Dir(list[0].path))
}

// write makes the images and writes each when it is done.
func (f *sampleFlags) write(ctx context.Context, s *sampler.Sampler, r *reporter, images []planned) error {
	q := f.request
	if q.Count > 1 {
		common, err := s.Settings(q)
		if err != nil {
			return err
		}
		todo, err := f.missing(ctx, s, common, images)
		if err != nil {
			return err
		}
		if len(todo) < len(images) {
			r.goesOn(len(images)-len(todo), len(images))
			var rest []planned
			for _, i := range todo {
				rest = append(rest, images[i])
				q.Rows = append(q.Rows, images[i].row)
			}
			images = rest
		}
	}
	if len(images) == 0 {
		return nil
	}
	unknown := s.UnknownWords(q.Prompt + "\n" + q.Negative)
	if len(q.Rows) > 0 {
		q.Prompt, q.Negative, q.Seed, q.Count = "", "", 0, 0
	} else {
		q.Seed, q.Count = images[0].row.Seed, len(images)
	}
	if q.Batch == 0 {
		var err error
		if q.Batch, err = s.BatchFor(len(images)); err != nil {
			return err
		}
	}
	r.start(s)
	r.unknown(unknown)
	k := 0
	for img, err := range s.Images(ctx, q) {
		if err != nil {
			return err
		}
		path, err := f.save(s, img, images[k], true)
		if err != nil {
			return err
		}
		r.wrote(path, img.Settings.Seed)
		k++
	}
	r.end(s)
	return nil
}

// stream makes one image and writes it to the standard output.
func (f *sampleFlags) stream(ctx context.Context, s *sampler.Sampler, r *reporter, w io.Writer, p planned) error {
	r.start(s)
	r.unknown(s.UnknownWords(f.request.Prompt + "\n" + f.request.Negative))
	result, err := s.Sample(ctx, f.request)
	if err != nil {
		return err
	}
	img := &result.Images[0]
	return provenance.Encode(w, f.pixels(s, img), f.settings(s, img.Settings, p.index))
}

// pixels are those of an image's file, with its marks: the visible one lies
// over the other.
func (f *sampleFlags) pixels(s *sampler.Sampler, img *sampler.Image) *image.Gray {
	pixels := img.Gray()
	if !f.unsigned {
		pixels = provenance.Watermark(pixels, f.key, provenance.ModelBits(s.ModelHash()))
	}
	if !f.plain {
		pixels = provenance.Mark(pixels)
	}
	return pixels
}

// maxBeside bounds the other names that are tried.
const maxBeside = 1000

// save writes one image with its mark and its settings and returns its path.
// Where another run has written a file of that name in the meantime, the same
// image is as good; another keeps its name, and, if beside is set, this one
// gets the next that is free.
func (f *sampleFlags) save(s *sampler.Sampler, img *sampler.Image, p planned, beside bool) (string, error) {
	pixels, settings := f.pixels(s, img), f.settings(s, img.Settings, p.index)
	path := p.path
	for k := 2; ; k++ {
		err := writeImage(path, pixels, settings, f.force)
		if !errors.Is(err, atomicfile.ErrExists) {
			return path, err
		}
		if same, _ := madeAlready(path, settings); same {
			return path, nil
		}
		if !beside || k > maxBeside {
			return path, err
		}
		extension := filepath.Ext(p.path)
		path = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(p.path, extension), k, extension)
	}
}

func (f *sampleFlags) settings(s *sampler.Sampler, t sampler.Settings, index int) provenance.Settings {
	return provenance.Settings{Prompt: t.Prompt, Negative: t.Negative, Seed: t.Seed, Index: index, Steps: t.Steps,
		Guidance: t.Guidance, Rescale: t.Rescale, Sampler: t.Sampler, Spacing: t.Spacing, Eta: t.Eta, Truncate: t.Truncate,
		GuidanceLow: t.GuidanceInterval.Low, GuidanceHigh: t.GuidanceInterval.High,
		ModelHash: s.ModelHash(), ModelName: f.modelName, Version: version(),
		Marks: provenance.Marks{Unmarked: f.plain, Unsigned: f.unsigned, Secret: f.keyFile != ""}.String()}
}

// requestOf makes a request for the image with those settings.
func requestOf(s provenance.Settings) sampler.Request {
	return sampler.Request{Prompt: s.Prompt, Negative: s.Negative, Seed: s.Seed, Steps: s.Steps, Guidance: s.Guidance,
		Rescale: &s.Rescale, Eta: &s.Eta, Sampler: s.Sampler, Spacing: s.Spacing, Truncate: s.Truncate,
		GuidanceInterval: &schedule.Interval{Low: s.GuidanceLow, High: s.GuidanceHigh}}
}
