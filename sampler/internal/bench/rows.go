package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// benchFlags are those of `bench` itself.
type benchFlags struct {
	*target
	batch, tokens, steps int
	sampler, interval    string
	ops                  bool
	peers                []string
	batches              []int              // of the U-Net
	guided               *schedule.Interval // in the place of the model's
	networks             []*isolated
}

func (f *benchFlags) register(l *pflag.FlagSet) {
	l.IntVar(&f.batch, "batch", 2, "latents per step of the U-Net; without this flag the table has 1, 2 and 8")
	l.IntVar(&f.tokens, "tokens", 0, "of the context (default: the model's most)")
	l.IntVar(&f.steps, "steps", 0, "of the whole image (default: the model's)")
	l.StringVar(&f.sampler, "sampler", "", "of the whole image (default: the model's)")
	l.StringVar(&f.interval, "guidance-interval", "", "of the whole image: timesteps that are guided, as LOW-HIGH or LOW-, or all (default: the model's)")
	l.BoolVar(&f.ops, "ops", false, "instead: every kind of operation of the networks with its time, speed and share")
	l.StringArrayVar(&f.peers, "peer", nil, "command of another implementation, which takes turns with this one (sampler/internal/bench/peers.py says how it is asked)")
}

func (f *benchFlags) check(cmd *cobra.Command) error {
	if f.ops && len(f.peers) > 0 {
		return f.host.Misuse(errors.New("--ops and --peer exclude each other"))
	}
	if cmd.Flags().Changed("guidance-interval") {
		v, err := schedule.ParseInterval(f.interval)
		if err != nil {
			return f.host.Misuse(fmt.Errorf("--guidance-interval %w", err))
		}
		f.guided = &v
	}
	f.batches = []int{1, 2, 8}
	if cmd.Flags().Changed("batch") {
		f.batches = []int{f.batch}
	}
	return nil
}

// measured is a line of the table. A peer that does not know its question leaves
// its column empty.
type measured struct {
	key, label string
	unit       float64 // seconds (or bytes) of one unit of the figure
	question   string  // to peers
	flop       float64
	once       bool // measured in the first round alone: memory
	measure    func() (float64, error)
	ours       []float64            // in seconds (or bytes)
	theirs     map[string][]float64 // by peer
}

func (f *benchFlags) run(ctx context.Context) error {
	s, err := f.open(ctx, f.threads)
	if err != nil {
		return err
	}
	defer s.Close()
	if f.ops {
		return f.profile(ctx, s)
	}
	peers, err := startPeers(ctx, f.peers, f.peerArgs(s))
	if err != nil {
		return err
	}
	defer peers.close()
	defer func() {
		for _, n := range f.networks {
			n.close()
		}
	}()
	rows, err := f.rows(ctx, s)
	if err != nil {
		return err
	}
	for i := range f.runs {
		for _, r := range rows {
			if r.once && i > 0 {
				continue
			}
			v, err := r.measure()
			if err != nil {
				return fmt.Errorf("%s: %w", r.label, err)
			}
			r.ours = append(r.ours, v)
			if err := peers.ask(r); err != nil {
				return err
			}
		}
		f.say("round %d of %d", i+1, f.runs)
	}
	if f.json {
		return json.NewEncoder(f.stdout).Encode(f.figures(s, rows, peers))
	}
	return f.table(s, rows, peers)
}

// rows are the lines of the table, each having run once to warm up.
func (f *benchFlags) rows(ctx context.Context, s *sampler.Sampler) ([]*measured, error) {
	var rows []*measured
	add := func(r measured) {
		r.theirs = map[string][]float64{}
		rows = append(rows, &r)
	}
	network := func(n network, batch, tokens int, r measured) error {
		i, err := isolate(ctx, s, n, batch, tokens)
		if err != nil {
			return err
		}
		f.networks = append(f.networks, i)
		r.flop, r.unit = i.flop(), 1e-3
		r.measure = turn(seconds(func() error { return i.run(ctx) }))
		add(r)
		return i.run(ctx)
	}
	for _, b := range f.batches {
		key := "unet_ms"
		if b != f.batch {
			key = fmt.Sprintf("unet_batch_%d_ms", b)
		}
		if err := network(networkUNet, b, f.tokens, measured{key: key, label: fmt.Sprintf("U-Net step, batch %d", b), question: fmt.Sprintf("unet %d", b)}); err != nil {
			return nil, err
		}
	}
	if err := network(networkDecoder, 1, 0, measured{key: "decode_ms", label: "decode", question: "decode"}); err != nil {
		return nil, err
	}
	if f.description.Model.HasText() {
		if err := network(networkText, 1, f.tokens, measured{key: "text_ms", label: "text", question: "text"}); err != nil {
			return nil, err
		}
	}
	r := f.request()
	add(measured{key: "image_s", label: "image, prompt to PNG: " + f.settings(r), unit: 1, question: "image 50",
		measure: seconds(func() error { return makeImage(ctx, s, r) })})
	if len(f.peers) > 0 {
		same := sampler.Request{Prompt: f.prompt(), Truncate: true, Seed: 1, Sampler: schedule.DDIM, Steps: 50, GuidanceInterval: &schedule.Interval{}}
		add(measured{key: "image_ddim_50_s", label: "image, prompt to PNG: " + f.settings(same), unit: 1, question: "image 50",
			measure: seconds(func() error { return makeImage(ctx, s, same) })})
	}
	var first float64
	add(measured{key: "open_ms", label: "open", unit: 1e-3, measure: func() (open float64, err error) {
		open, first, err = f.opened(ctx)
		return open, err
	}})
	add(measured{key: "first_step_ms", label: "first step", unit: 1e-3, measure: func() (float64, error) { return first, nil }})
	peak := func(key, label, mode string, question string) {
		add(measured{key: key, label: label, unit: 1e6, question: question, once: true, measure: func() (float64, error) {
			b := *f.target
			b.mode = mode
			c, err := b.child(ctx, r, f.threads, "")
			return c.peakMB * 1e6, err
		}})
	}
	peak("peak_mb", "peak memory of a process that makes one image, MB", f.mode, "memory")
	if f.mode != sampler.Small && s.Threads() > 0 {
		peak("peak_small_mb", "the same with --mode small, MB", sampler.Small, "memory")
	}
	return rows, makeImage(ctx, s, r)
}

// seconds makes a measurement of a piece of work.
func seconds(work func() error) func() (float64, error) {
	return func() (float64, error) {
		begun := time.Now()
		err := work()
		return time.Since(begun).Seconds(), err
	}
}

// turns is how often a network runs in its turn: the first time it finds the
// caches full of what others did, as it does not while an image is made.
const turns = 3

// turn makes a measurement the median of some.
func turn(measure func() (float64, error)) func() (float64, error) {
	return func() (float64, error) {
		v := make([]float64, turns)
		for i := range v {
			var err error
			if v[i], err = measure(); err != nil {
				return 0, err
			}
		}
		return median(v), nil
	}
}

// request is that of the whole image.
func (f *benchFlags) request() sampler.Request {
	return sampler.Request{Prompt: f.prompt(), Truncate: true, Seed: 1, Steps: f.steps, Sampler: f.sampler, GuidanceInterval: f.guided}
}

// prompt is benchPrompt where the model takes one.
func (b *target) prompt() string {
	if !b.description.Model.HasText() {
		return ""
	}
	return benchPrompt
}

// settings says how a request samples.
func (b *target) settings(r sampler.Request) string {
	d := b.description.Sampling
	if r.Sampler != "" {
		d.Sampler = r.Sampler
	}
	if r.Steps > 0 {
		d.Steps = r.Steps
	}
	if r.GuidanceInterval != nil {
		d.GuidanceInterval = *r.GuidanceInterval
	}
	text := fmt.Sprintf("%s, %d steps, guidance %g", d.Sampler, d.Steps, d.Guidance)
	if d.GuidanceInterval != (schedule.Interval{}) {
		text += " at " + d.GuidanceInterval.String()
	}
	return text
}

// makeImage makes an image up to its file, which is not kept.
func makeImage(ctx context.Context, s *sampler.Sampler, r sampler.Request) error {
	result, err := s.Sample(ctx, r)
	if err != nil {
		return err
	}
	marked := provenance.Mark(provenance.Watermark(result.Images[0].Gray(), provenance.PublicKey, provenance.ModelBits(s.ModelHash())))
	return provenance.Encode(io.Discard, marked, provenance.Settings{Prompt: r.Prompt})
}

// opened opens the model and makes the first step of an image with it, and
// returns how many seconds each took.
func (f *benchFlags) opened(ctx context.Context) (open, first float64, err error) {
	begun := time.Now()
	s, err := f.open(ctx, f.threads)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	open = time.Since(begun).Seconds()
	one, stop := context.WithCancel(ctx)
	defer stop()
	r := f.request()
	begun = time.Now()
	r.Progress = func(p sampler.Progress) {
		if p.Step == 1 {
			first = time.Since(begun).Seconds()
			stop()
		}
	}
	if _, err = s.Sample(one, r); errors.Is(err, context.Canceled) && ctx.Err() == nil {
		err = nil
	}
	return open, first, err
}

// median of values, which it sorts; 0 of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func (f *benchFlags) table(s *sampler.Sampler, rows []*measured, peers *peers) error {
	c := f.description.Model
	fmt.Fprintf(f.stdout, "%s; U-Net of %d channels, %d × %d pixels; medians of %d rounds\n\n", s.Device(), c.UNetChannels[len(c.UNetChannels)-1], c.ImageSize, c.ImageSize, f.runs)
	t := tabwriter.NewWriter(f.stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\troentgo\tGFLOP/s\t")
	for _, p := range peers.list {
		fmt.Fprintf(t, "%s\tratio\t", p.name)
	}
	fmt.Fprintln(t)
	for _, r := range rows {
		ours := median(r.ours)
		fmt.Fprintf(t, "%s\t%s\t", r.label, r.text(ours))
		if r.flop > 0 {
			fmt.Fprintf(t, "%.0f", r.flop/ours/1e9)
		}
		fmt.Fprint(t, "\t")
		for _, p := range peers.list {
			if theirs := median(r.theirs[p.name]); theirs > 0 {
				fmt.Fprintf(t, "%s\t%.2f\t", r.text(theirs), theirs/ours)
			} else {
				fmt.Fprint(t, "\t\t")
			}
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// text is a figure with its unit.
func (r *measured) text(v float64) string {
	switch r.unit {
	case 1e-3:
		return fmt.Sprintf("%.1f ms", v/r.unit)
	case 1:
		return fmt.Sprintf("%.3f s", v)
	}
	return fmt.Sprintf("%.0f", v/r.unit)
}

// figures are the medians by their keys.
func (f *benchFlags) figures(s *sampler.Sampler, rows []*measured, peers *peers) map[string]any {
	m := map[string]any{"device": s.Device(), "runs": f.runs, "batch": f.batch, "version": f.host.Version}
	for _, r := range rows {
		m[r.key] = median(r.ours) / r.unit
	}
	if len(peers.list) > 0 {
		list := map[string]map[string]float64{}
		for _, p := range peers.list {
			list[p.name] = map[string]float64{}
			for _, r := range rows {
				if len(r.theirs[p.name]) > 0 {
					list[p.name][r.key] = median(r.theirs[p.name]) / r.unit
				}
			}
		}
		m["peers"] = list
	}
	return m
}

// peerArgs say what a peer is to run.
func (f *benchFlags) peerArgs(s *sampler.Sampler) []string {
	config, err := json.Marshal(f.description.Model)
	if err != nil {
		panic(err) // numbers, and no others than a file can state
	}
	threads := s.Threads()
	if threads == 0 {
		threads = 1
	}
	tokens := f.tokens
	if tokens == 0 {
		tokens = f.description.Model.Tokens
	}
	return []string{"--config", string(config), "--threads", fmt.Sprint(threads), "--tokens", fmt.Sprint(tokens)}
}
