package gpu

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/shaders"
)

const (
	// tuneLimit is how long measuring may take. What is not measured by then has
	// the tiling of Default.
	tuneLimit = 2 * time.Second
	// tuneRun is how long the runs between two looks at the clock take at least,
	// beside which the way to the device is short.
	tuneRun = 2 * time.Millisecond
	// tuneRounds is of how many such times the least counts: whatever else the
	// machine does makes it no faster.
	tuneRounds = 3
	// tuneSlow is how many times the least time is so much that it is looked at
	// once.
	tuneSlow = 2
	// tuneGain is what part of the time of Default's tiling another must save to
	// take its place, so that chance chooses none.
	tuneGain = 0.05
)

// Measurement is how fast the tilings are on an adapter.
type Measurement struct {
	Adapter string                `json:"adapter"`
	Backend string                `json:"backend"`
	Shaders string                `json:"shaders"` // shaders.Hash
	When    time.Time             `json:"when"`
	Tilings Tilings               `json:"tilings"`
	Times   map[Class]TilingTimes `json:"milliseconds"`
}

// TilingTimes are the milliseconds of a class's example, by tiling. Those that
// were not measured are not in it.
type TilingTimes map[Tiling]float64

// Tune measures which tiling each class of work is fastest in: some two seconds,
// in which nothing else should use the device. Errors are those of the device
// and of ctx.
func Tune(ctx context.Context, device Device) (*Measurement, error) {
	i := device.Info()
	m := &Measurement{Adapter: i.Name, Backend: i.Backend, Shaders: shaders.Hash(), When: time.Now().UTC().Round(time.Second), Tilings: Default(i), Times: map[Class]TilingTimes{}}
	end := time.Now().Add(tuneLimit)
	for _, c := range classes {
		m.Times[c.Class] = TilingTimes{}
		least := time.Duration(math.MaxInt64 / tuneSlow)
		for n, tiling := range c.candidates(i) {
			if time.Now().After(end) {
				break
			}
			d, err := c.time(ctx, device, tiling, tuneSlow*least)
			if err != nil {
				return nil, fmt.Errorf("measuring %s, %s: %w", c.Class, tiling, err)
			}
			m.Times[c.Class][tiling] = d.Seconds() * 1e3
			switch {
			case n == 0:
				least = d - time.Duration(tuneGain*float64(d))
			case d < least:
				least, m.Tilings[c.Class] = d, tiling
			}
		}
	}
	return m, nil
}

// time measures the class's example in a tiling, once if that takes longer than
// slow.
func (c class) time(ctx context.Context, device Device, tiling Tiling, slow time.Duration) (d time.Duration, err error) {
	r := graph.NewRecorder()
	r.Output("out", c.example(r))
	plan, err := r.Plan()
	if err != nil {
		return 0, err
	}
	source := zeros{}
	for _, v := range plan.Params {
		source[plan.Nodes[v].Name] = plan.Nodes[v].Len()
	}
	b := New(borrowed{device}, source, Tilings{c.Class: tiling})
	defer b.Close()
	compiled, err := b.Compile(ctx, plan)
	if err != nil {
		return 0, err
	}
	defer compiled.Close()
	p := compiled.(*Program)
	run := func(times int) (time.Duration, error) {
		begun := time.Now()
		for range times {
			if err := p.Run(ctx, graph.LatentStage); err != nil {
				return 0, err
			}
		}
		err := read(device, p.arena, 0, make([]byte, 4))
		return time.Since(begun), err
	}
	for range 2 { // the first compiles what a driver has put off
		if d, err = run(1); err != nil {
			return 0, err
		}
	}
	if d > slow {
		return d, nil
	}
	times := 1
	for d < tuneRun && times < 256 {
		times *= 2
		if d, err = run(times); err != nil {
			return 0, err
		}
	}
	for range tuneRounds - 1 {
		again, err := run(times)
		if err != nil {
			return 0, err
		}
		d = min(d, again)
	}
	return d / time.Duration(times), nil
}

// borrowed is a device that a backend does not close.
type borrowed struct{ Device }

// Close implements Device.
func (borrowed) Close() error { return nil }

// zeros are parameters whose values are of no account, by their number.
type zeros map[string]int

// Float32 implements graph.Source.
func (z zeros) Float32(name string) ([]float32, error) { return make([]float32, z[name]), nil }
