package bench

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
)

// growthFlags are those of `bench growth`.
type growthFlags struct {
	*target
	out   string
	force bool
}

func growthCommand(b *target) *cobra.Command {
	f := growthFlags{target: b}
	cmd := &cobra.Command{
		Use:   "growth",
		Short: "Measure how cost grows with steps, batch, tokens, image size and threads",
		Long: `Measure how the time of an image grows with its steps, and how the time of a step
grows with the batch, the tokens of the context, the size of the image and the
threads. The networks have random weights and vary the configuration of a preset
(default mini). The command writes OUT.csv and OUT.svg.`,
		Example: "  roentgo bench growth --preset mini --out growth",
		Args:    b.host.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(b.models) > 0 {
				return f.host.Misuse(errors.New("--model: the configuration of a trained model cannot be varied (use --preset)"))
			}
			if b.preset == "" {
				b.preset = "mini"
			}
			return b.with(cmd, f.run)
		},
	}
	cmd.Flags().StringVar(&f.out, "out", "growth", "the files to write, without their extension")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite existing files")
	return cmd
}

// The values that are measured.
var (
	growthSteps   = []int{1, 2, 5, 10, 20, 50}
	growthBatches = []int{1, 2, 4, 8, 16}
	growthTokens  = []int{16, 32, 64, 128, 256}
	growthSizes   = []int{256, 384, 512}
)

// growth is a panel of the figure on its way: what is measured at each point.
type growth struct {
	panel
	measure [][]func() (float64, error) // by line and point; seconds
	seconds [][][]float64
	unit    float64 // seconds of one
}

// add makes a point of a line of the panel; per divides it.
func (g *growth) add(name string, x, per int, measure func() (float64, error)) {
	n := len(g.lines)
	if n == 0 || g.lines[n-1].name != name {
		g.lines, g.measure, g.seconds = append(g.lines, line{name: name}), append(g.measure, nil), append(g.seconds, nil)
		n++
	}
	l := &g.lines[n-1]
	l.points = append(l.points, point{x: float64(x)})
	g.measure[n-1] = append(g.measure[n-1], func() (float64, error) {
		v, err := measure()
		return v / float64(per), err
	})
	g.seconds[n-1] = append(g.seconds[n-1], nil)
}

// grown holds what is open while it is measured.
type grown struct {
	*growthFlags
	dir    string
	panels []*growth
	closes []func() error
}

func (f *growthFlags) run(ctx context.Context) (err error) {
	if err := f.checkOutputs(f.out, f.force); err != nil {
		return err
	}
	g := &grown{growthFlags: f}
	if g.dir, err = os.MkdirTemp("", "roentgo-bench-*"); err != nil {
		return err
	}
	defer os.RemoveAll(g.dir)
	defer func() {
		for i := len(g.closes) - 1; i >= 0; i-- {
			err = errors.Join(err, g.closes[i]())
		}
	}()
	device, err := g.prepare(ctx)
	if err != nil {
		return err
	}
	for i := range f.runs + 1 { // the first warms up
		for _, p := range g.panels {
			for l := range p.measure {
				for k, measure := range p.measure[l] {
					v, err := measure()
					if err != nil {
						return err
					}
					if i > 0 {
						p.seconds[l][k] = append(p.seconds[l][k], v)
					}
				}
			}
		}
		if i > 0 {
			f.say("round %d of %d", i, f.runs)
		}
	}
	c := chart{title: fmt.Sprintf("How cost grows: networks of preset %s on %s", f.preset, device), columns: 3}
	for _, p := range g.panels {
		for l := range p.lines {
			for k := range p.lines[l].points {
				p.lines[l].points[k].y = median(p.seconds[l][k]) / p.unit
			}
		}
		c.panels = append(c.panels, p.panel)
	}
	if err := writeText(f.out+".csv", growthCSV(c.panels)); err != nil {
		return err
	}
	if err := c.write(f.out + ".svg"); err != nil {
		return err
	}
	_, err = fmt.Fprint(f.stdout, growthCSV(c.panels))
	return err
}

// prepare opens the networks of every point.
func (g *grown) prepare(ctx context.Context) (device string, err error) {
	c := g.description.Model
	c.Tokens = growthTokens[len(growthTokens)-1]
	c.TextPositions = max(c.TextPositions, c.Tokens)
	s, err := g.sampler(ctx, c, g.threads)
	if err != nil {
		return "", err
	}
	steps := g.panel("An image, by its steps", "steps, with guidance", "s", 1, false)
	for _, n := range growthSteps {
		steps.add("", n, 1, seconds(func() error {
			return makeImage(ctx, s, sampler.Request{Prompt: g.prompt(), Truncate: true, Seed: 1, Steps: n})
		}))
	}
	batches := g.panel("A step, by the batch", "latents side by side", "ms a latent", 1e-3, true)
	for _, n := range growthBatches {
		if err := g.network(ctx, batches, "", n, n, s, networkUNet, n, 0); err != nil {
			return "", err
		}
	}
	tokens := g.panel("A step of two latents, by the tokens", "tokens of the context", "ms", 1e-3, true)
	for _, n := range growthTokens {
		if err := g.network(ctx, tokens, "", n, 1, s, networkUNet, 2, n); err != nil {
			return "", err
		}
	}
	if err := g.sizes(ctx, c); err != nil {
		return "", err
	}
	if s.Threads() > 1 {
		err = g.byThreads(ctx, c, s.Threads())
	}
	return s.Device(), err
}

func (g *grown) sizes(ctx context.Context, c model.Config) error {
	p := g.panel("By the size of the image", "pixels per side", "ms", 1e-3, true)
	var samplers []*sampler.Sampler
	for _, size := range growthSizes {
		c.ImageSize = size
		s, err := g.sampler(ctx, c, g.threads)
		if err != nil {
			return err
		}
		samplers = append(samplers, s)
		if err := g.network(ctx, p, "step of two latents", size, 1, s, networkUNet, 2, 0); err != nil {
			return err
		}
	}
	for i, s := range samplers {
		if err := g.network(ctx, p, "decode", growthSizes[i], 1, s, networkDecoder, 1, 0); err != nil {
			return err
		}
	}
	return nil
}

func (g *grown) byThreads(ctx context.Context, c model.Config, most int) error {
	p := g.panel("By the threads of the CPU", "threads", "ms", 1e-3, true)
	var samplers []*sampler.Sampler
	for n := 1; n <= most; n++ {
		s, err := g.sampler(ctx, c, n)
		if err != nil {
			return err
		}
		samplers = append(samplers, s)
		if err := g.network(ctx, p, "step of two latents", n, 1, s, networkUNet, 2, 0); err != nil {
			return err
		}
	}
	for i, s := range samplers {
		if err := g.network(ctx, p, "decode", i+1, 1, s, networkDecoder, 1, 0); err != nil {
			return err
		}
	}
	return nil
}

// panel begins a panel.
func (g *grown) panel(title, x, y string, unit float64, logX bool) *growth {
	p := &growth{panel: panel{title: title, x: x, y: y, logX: logX, fromZero: true}, unit: unit}
	g.panels = append(g.panels, p)
	return p
}

// sampler opens a model of random weights of that configuration.
func (g *grown) sampler(ctx context.Context, c model.Config, threads int) (*sampler.Sampler, error) {
	dir, err := os.MkdirTemp(g.dir, "model-*")
	if err != nil {
		return nil, err
	}
	b := *g.target
	if err := b.random(dir, c); err != nil {
		return nil, err
	}
	s, err := b.open(ctx, threads)
	if err != nil {
		return nil, err
	}
	g.closes = append(g.closes, s.Close)
	return s, os.RemoveAll(dir)
}

// network makes a point of a network.
func (g *grown) network(ctx context.Context, p *growth, name string, x, per int, s *sampler.Sampler, n network, batch, tokens int) error {
	i, err := isolate(ctx, s, n, batch, tokens)
	if err != nil {
		return err
	}
	g.closes = append(g.closes, i.close)
	p.add(name, x, per, seconds(func() error { return i.run(ctx) }))
	return nil
}

func growthCSV(panels []panel) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"panel", "line", "x", "value", "unit"})
	for _, p := range panels {
		for _, l := range p.lines {
			for _, q := range l.points {
				w.Write([]string{p.title, l.name, fmt.Sprint(q.x), fmt.Sprintf("%.4g", q.y), p.y})
			}
		}
	}
	w.Flush() // into memory: it cannot fail
	return b.String()
}
