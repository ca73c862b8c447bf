package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/cpu"
	"github.com/roentgo/roentgo/sampler/gpu"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// sampleFlags are those of `sample`.
type sampleFlags struct {
	models             []string
	out, from, prompts string
	trace              string
	interval, shard    string
	part               shard
	request            sampler.Request
	rescale, eta       float64
	device, mode       string
	threads            int
	json, force, plain bool
}

func sampleCommand() *cobra.Command {
	var f sampleFlags
	cmd := &cobra.Command{
		Use:   "sample [PROMPT…]",
		Short: "Make synthetic chest X-rays from text",
		Long: `Make synthetic chest X-rays from text. The words of PROMPT are joined by spaces;
without any, the image is one of no particular finding.

Every image says in its lower right corner, and in the text chunks of its file,
that it is synthetic. It is not for diagnosis.`,
		Example: `  roentgo sample "cardiomegaly with pleural effusion"
  roentgo sample --seed 7 --count 4 --out effusion.png pleural effusion
  roentgo sample --prompts prompts.csv --out xrays
  roentgo sample --seed 1 --count 1000 --shard 2/8 --out xrays/x.png no finding
  roentgo sample --from xray.png --out again.png`,
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	l := cmd.Flags()
	l.StringArrayVar(&f.models, "model", nil, "model file; once a file where several complete each other (default: $"+modelVariable+", else the model of this program)")
	l.StringVar(&f.out, "out", "xray.png", "file to write; with more images than one their seeds are added; with --prompts a folder")
	l.IntVar(&f.request.Steps, "steps", 0, "denoising steps (default: the model's)")
	l.Float64Var(&f.request.Guidance, "guidance", 0, "how strongly the text guides, 1 to 100; 1: without guidance, in half the time (default: the model's)")
	l.StringVar(&f.interval, "guidance-interval", "", "timesteps that are guided, as LOW-HIGH or LOW-, or all; the others take half the time (default: the model's)")
	l.Float64Var(&f.rescale, "rescale", 0, "part of guidance rescaling, 0 to 1 (default: the model's)")
	l.Uint64Var(&f.request.Seed, "seed", 0, "the same seed gives the same image (default: drawn and printed)")
	l.IntVar(&f.request.Count, "count", 1, "images, of the seeds from --seed on")
	l.IntVar(&f.request.Batch, "batch", 0, "images side by side: it changes speed and memory, not a byte of any image (default: chosen by device and memory)")
	l.StringVar(&f.shard, "shard", "", "make part I of N of the images, I from 0: I/N; auto/N: I from $"+slurmID+" or $"+kubernetesID+"; auto: N too, in a Slurm array")
	l.StringVar(&f.request.Sampler, "sampler", "", "ddim, dpm++2m or unipc (default: the model's)")
	l.StringVar(&f.request.Spacing, "spacing", "", "of the timesteps: leading or trailing (default: the model's)")
	l.Float64Var(&f.eta, "eta", 0, "of ddim: how much of the noise is drawn anew in each step, 0 to 1 (default: the model's)")
	l.StringVar(&f.request.Negative, "negative", "", "text to be guided away from")
	l.BoolVar(&f.request.Truncate, "truncate", false, "cut a prompt that has too many tokens instead of refusing it")
	l.StringVar(&f.device, "device", sampler.Auto, "auto: a real GPU if there is one, else the CPU; gpu: any adapter, also one in software; cpu")
	l.IntVar(&f.threads, "threads", 0, "of the CPU (default: one a core)")
	l.StringVar(&f.mode, "mode", cpu.Fast, "of the CPU: "+cpu.Fast+", or "+cpu.Small+", which takes less memory and more time")
	l.StringVar(&f.from, "from", "", "make the image of this PNG again, from the settings in it")
	l.StringVar(&f.prompts, "prompts", "", "CSV file with a column prompt and, where wanted, seed, negative and name: an image a row")
	l.StringVar(&f.trace, "trace", "", "folder for every intermediate value, as NumPy files")
	l.BoolVar(&f.json, "json", false, "tell progress as JSON lines on the standard output")
	l.BoolVar(&f.force, "force", false, "overwrite existing files")
	l.BoolVar(&f.plain, "no-mark", false, "leave out the visible mark: whoever sees the image will not see that it is synthetic, and you must say so")
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
		var err error
		if f.part, err = parseShard(f.shard, os.Getenv); err != nil {
			return misuse{fmt.Errorf("--shard %w", err)}
		}
		if f.prompts == "" && !l.Changed("seed") {
			return misuse{errors.New("--shard needs --seed: the parts must agree on what the images are")}
		}
	}
	f.request.Prompt = strings.Join(args, " ")
	if f.from != "" && f.prompts != "" {
		return misuse{errors.New("--from and --prompts exclude each other")}
	}
	if f.prompts != "" {
		for _, name := range []string{"seed", "count", "negative", "trace"} {
			if l.Changed(name) {
				return misuse{fmt.Errorf("--%s and --prompts exclude each other: an image a row, each with its own columns", name)}
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
	r := newReporter(f.json, cmd.OutOrStdout(), cmd.ErrOrStderr())
	defer r.line()
	if f.prompts != "" {
		return f.many(ctx, r)
	}
	var wanted provenance.Settings
	if f.from != "" {
		var err error
		if wanted, err = readSettings(f.from); err != nil {
			return err
		}
		f.request = requestOf(wanted)
	}
	paths := f.paths()
	if len(paths) == 0 {
		return nil // there are more parts than images
	}
	if err := checkOutputs(paths, f.force); err != nil {
		return err
	}
	s, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if f.from != "" && wanted.ModelHash != s.ModelHash() {
		return fmt.Errorf("%s was made with model %s (%.12s…), and this one is %.12s… (give its file with --model)", f.from, wanted.ModelName, wanted.ModelHash, s.ModelHash())
	}
	f.request.Progress = r.progress
	if f.trace == "" {
		return f.write(ctx, s, r, paths, wanted.Index)
	}
	t, err := newTrace(f.trace, f.force)
	if err != nil {
		return err
	}
	defer t.discard()
	f.request.Trace = t.add
	if err := f.write(ctx, s, r, paths, wanted.Index); err != nil {
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
		return nil, misuse{fmt.Errorf("--threads %d: 1 to %d are possible, 0 is one a core", f.threads, cpu.MaxThreads)}
	}
	m, err := openModel(f.models)
	if err != nil {
		return nil, err
	}
	if f.mode != cpu.Small { // which reads it as it goes
		defer m.Close()
	}
	return sampler.New(ctx, m, sampler.Options{Device: f.device, Threads: f.threads, Mode: f.mode, Tune: gpu.Tuned})
}

// modelName is what an image's file calls the model.
func (f *sampleFlags) modelName() string {
	paths := f.models
	if len(paths) == 0 {
		paths = filepath.SplitList(os.Getenv(modelVariable))
	}
	if len(paths) == 0 {
		return "roentgo-mini"
	}
	return strings.SplitN(filepath.Base(paths[0]), ".", 2)[0]
}

// paths are the files to write, those of this part: the seed is added where
// the command makes several.
func (f *sampleFlags) paths() []string {
	from, to := f.part.span(max(f.request.Count, 1))
	if f.request.Count <= 1 {
		return []string{f.out}[from:to]
	}
	extension := filepath.Ext(f.out)
	var list []string
	for k := from; k < to; k++ {
		list = append(list, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(f.out, extension), f.request.Seed+uint64(k), extension))
	}
	return list
}

// checkOutputs refuses, before any work is done, what could not be written
// behind it.
func checkOutputs(paths []string, overwrite bool) error {
	for _, path := range paths {
		switch st, err := os.Stat(path); {
		case err == nil && st.IsDir():
			return misuse{fmt.Errorf("%s is a folder; --out is the file to write", path)}
		case err == nil && !overwrite:
			return misuse{fmt.Errorf("%s exists already (use --force to overwrite it, or another --out)", path)}
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return writable(filepath.Dir(paths[0]))
}

// writable tries whether a file can be made in a folder.
func writable(dir string) error {
	probe, err := os.CreateTemp(dir, ".roentgo-*")
	if err != nil {
		return fmt.Errorf("cannot write to the folder %s: %w", dir, errors.Unwrap(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// write makes the images of this part and writes each as it is done. index is
// that of the first of the whole command.
func (f *sampleFlags) write(ctx context.Context, s *sampler.Sampler, r *reporter, paths []string, index int) error {
	from, _ := f.part.span(max(f.request.Count, 1))
	q := f.request
	q.Seed += uint64(from)
	q.Count = len(paths)
	if q.Batch == 0 {
		var err error
		if q.Batch, err = s.BatchFor(q.Count); err != nil {
			return err
		}
	}
	r.start(s)
	r.unknown(s.UnknownWords(q.Prompt + "\n" + q.Negative))
	k := 0
	for img, err := range s.Images(ctx, q) {
		if err != nil {
			return err
		}
		if err := f.save(s, img, paths[k], index+from+k); err != nil {
			return err
		}
		r.wrote(paths[k], img.Settings.Seed)
		k++
	}
	r.end(s)
	return nil
}

// save writes one image with its mark and its settings.
func (f *sampleFlags) save(s *sampler.Sampler, img *sampler.Image, path string, index int) error {
	var pixels *image.Gray = img.Gray()
	if !f.plain {
		pixels = provenance.Mark(pixels)
	}
	return provenance.WriteFile(path, pixels, f.settings(s, img, index), f.force)
}

func (f *sampleFlags) settings(s *sampler.Sampler, img *sampler.Image, index int) provenance.Settings {
	t := img.Settings
	return provenance.Settings{Prompt: t.Prompt, Negative: t.Negative, Seed: t.Seed, Index: index, Steps: t.Steps,
		Guidance: t.Guidance, Rescale: t.Rescale, Sampler: t.Sampler, Spacing: t.Spacing, Eta: t.Eta, Truncate: t.Truncate,
		GuidanceLow: t.GuidanceInterval.Low, GuidanceHigh: t.GuidanceInterval.High,
		ModelHash: s.ModelHash(), ModelName: f.modelName(), Version: version()}
}

func readSettings(path string) (provenance.Settings, error) {
	file, err := os.Open(path)
	if err != nil {
		return provenance.Settings{}, err
	}
	defer file.Close()
	s, err := provenance.Read(file)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// requestOf makes a request for the image with those settings.
func requestOf(s provenance.Settings) sampler.Request {
	return sampler.Request{Prompt: s.Prompt, Negative: s.Negative, Seed: s.Seed, Steps: s.Steps, Guidance: s.Guidance,
		Rescale: &s.Rescale, Eta: &s.Eta, Sampler: s.Sampler, Spacing: s.Spacing, Truncate: s.Truncate,
		GuidanceInterval: &schedule.Interval{Low: s.GuidanceLow, High: s.GuidanceHigh}}
}
