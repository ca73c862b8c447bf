package cpu_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/model"
)

// BenchmarkOps shows where the time of a step and of a decoder goes, by kind
// and shape of operation: see its log (-v).
func BenchmarkOps(b *testing.B) {
	for _, c := range []struct {
		name string
		cfg  model.Config
	}{{"mini", model.Mini()}, {"paper", model.Paper()}} {
		b.Run(c.name+"/unet", func(b *testing.B) { profile(b, modeltest.Network[graph.Value](modeltest.UNet, c.cfg, 2)) })
		b.Run(c.name+"/decoder", func(b *testing.B) { profile(b, modeltest.Network[graph.Value](modeltest.Decoder, c.cfg, 1)) })
	}
}

func profile(b *testing.B, c modeltest.Case[graph.Value]) {
	p, _ := modeltest.Written(b, open(0), c)
	type row struct {
		name  string
		count int
		work  graph.Work
		time  time.Duration
	}
	rows := map[string]*row{}
	var total time.Duration
	run := func(stages ...graph.Stage) {
		for _, s := range stages {
			if err := p.Run(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
	}
	run(graph.PromptStage, graph.TimestepStage, graph.LatentStage)
	p.(graph.Timed).Time(func(p *graph.Plan, v graph.Value, d time.Duration) {
		n := &p.Nodes[v]
		name := fmt.Sprint(n.Op, " ", n.Shape)
		for _, in := range n.In[:min(2, len(n.In))] {
			name += fmt.Sprint(" ", p.Nodes[in].Shape)
		}
		r := rows[name]
		if r == nil {
			r = &row{name: name}
			rows[name] = r
		}
		w := p.Work(v)
		r.count++
		r.work.FLOP += w.FLOP
		r.work.Bytes += w.Bytes
		r.time += d
		total += d
	})
	for b.Loop() {
		run(graph.TimestepStage, graph.LatentStage)
	}
	var list []*row
	for _, r := range rows {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *row) int { return int(b.time - a.time) })
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ms\tshare %\tGFLOP/s\tGB/s\tcount\t operation: result, operands\t")
	for _, r := range list[:min(len(list), 30)] {
		s := r.time.Seconds()
		fmt.Fprintf(w, "%.3f\t%.1f\t%.0f\t%.1f\t%d\t %s\t\n", 1e3*s/float64(b.N), 100*s/total.Seconds(), float64(r.work.FLOP)/s/1e9,
			float64(r.work.Bytes)/s/1e9, r.count/b.N, r.name)
	}
	w.Flush()
	b.Logf("%.1f ms a run\n%s", 1e3*total.Seconds()/float64(b.N), out.String())
}
