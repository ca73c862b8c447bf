package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler"
)

// opFigures are those of one kind of operation in one network: an operation,
// and for convolutions and linear layers its size.
type opFigures struct {
	Network string  `json:"network"`
	Op      string  `json:"op"`
	Count   int     `json:"count"`
	Ms      float64 `json:"ms"` // of all of them, median
	GFLOPs  float64 `json:"gflop_per_s"`
	Bytes   float64 `json:"bytes"`
	Share   float64 `json:"share"` // of the network's time
	seconds []float64
	flop    float64
}

// profile times every operation of the networks.
func (f *benchFlags) profile(ctx context.Context, s *sampler.Sampler) error {
	var all []*opFigures
	var arenas []string
	one := func(label string, n network, batch, tokens int) error {
		i, err := isolate(ctx, s, n, batch, tokens)
		if err != nil {
			return err
		}
		defer i.close()
		list, plan, err := profileNetwork(ctx, i, label, f.runs)
		if err != nil {
			return err
		}
		all = append(all, list...)
		arenas = append(arenas, fmt.Sprintf("%s\t%.2f\t%.2f\t%.1f %%\t", label, 4e-6*float64(plan.Arena), 4e-6*float64(plan.Live),
			100*float64(plan.Arena-plan.Live)/float64(plan.Live)))
		return nil
	}
	for _, b := range f.batches {
		if err := one(fmt.Sprintf("U-Net, batch %d", b), networkUNet, b, f.tokens); err != nil {
			return err
		}
	}
	if err := one("decoder", networkDecoder, 1, 0); err != nil {
		return err
	}
	if f.description.Model.HasText() {
		if err := one("text", networkText, 1, f.tokens); err != nil {
			return err
		}
	}
	if f.json {
		return json.NewEncoder(f.stdout).Encode(all)
	}
	fmt.Fprintf(f.stdout, "%s; medians of %d runs\n", s.Device(), f.runs)
	t := tabwriter.NewWriter(f.stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	network := ""
	for _, o := range all {
		if o.Network != network {
			network = o.Network
			fmt.Fprintf(t, "\n%s\tcount\tms\tGFLOP/s\tMB\tshare\t\n", network)
		}
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%.0f\t%.1f\t%.1f %%\t\n", o.Op, o.Count, o.Ms, o.GFLOPs, o.Bytes/1e6, 100*o.Share)
	}
	fmt.Fprint(t, "\nmemory of values\tMB\talive at once\tlost\t\n")
	for _, a := range arenas {
		fmt.Fprintln(t, a)
	}
	return t.Flush()
}

// profileNetwork sums the operations of a network by their kind, the slowest
// kind first, and returns the plan that they are of.
func profileNetwork(ctx context.Context, i *isolated, label string, runs int) ([]*opFigures, *graph.Plan, error) {
	if err := i.run(ctx); err != nil {
		return nil, nil, err
	}
	var plan *graph.Plan
	kinds := map[string]*opFigures{}
	for run := range runs {
		err := i.profile(ctx, func(p *graph.Plan, v graph.Value, d time.Duration) {
			plan = p
			name := opName(p, v)
			o := kinds[name]
			if o == nil {
				o = &opFigures{Network: label, Op: name, seconds: make([]float64, runs)}
				kinds[name] = o
			}
			o.seconds[run] += d.Seconds()
			if run == 0 {
				w := p.Work(v)
				o.Count++
				o.flop += float64(w.FLOP)
				o.Bytes += float64(w.Bytes)
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	var list []*opFigures
	var total float64
	for _, o := range kinds {
		o.Ms = 1e3 * median(o.seconds)
		o.GFLOPs = o.flop / o.Ms / 1e6
		total += o.Ms
		list = append(list, o)
	}
	for _, o := range list {
		o.Share = o.Ms / total
	}
	slices.SortFunc(list, func(a, b *opFigures) int {
		if a.Ms != b.Ms {
			if a.Ms > b.Ms {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Op, b.Op)
	})
	return list, plan, nil
}

// opName names a kind of operation: products by the shapes of their weight and
// their result, which is what their speed depends on.
func opName(p *graph.Plan, v graph.Value) string {
	n := &p.Nodes[v]
	switch n.Op {
	case graph.Conv2d, graph.Linear:
		return fmt.Sprintf("%s %s to %s", n.Op, times(p.Nodes[n.In[1]].Shape), times(n.Shape))
	case graph.Attention:
		return fmt.Sprintf("%s %s to %s", n.Op, times(n.Shape), times(p.Nodes[n.In[1]].Shape))
	}
	return n.Op.String()
}

func times(shape []int) string {
	var words []string
	for _, d := range shape {
		words = append(words, fmt.Sprint(d))
	}
	return strings.Join(words, "×")
}
