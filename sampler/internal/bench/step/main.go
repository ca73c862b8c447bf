//go:build js

// Command step runs the U-Net on package simd in a worker, a step for each
// message, for the benchmarks of the folder above.
package main

import (
	"context"
	"encoding/json"
	"syscall/js"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/internal/simd"
	"github.com/roentgo/roentgo/sampler/model"
)

func main() {
	messages := make(chan string, 1)
	js.Global().Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		messages <- js.Global().Get("JSON").Call("stringify", args[0].Get("data")).String()
		return nil
	}))
	post := func(value any, err error) {
		answer := map[string]any{"value": value}
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		js.Global().Call("postMessage", answer)
	}
	post("ready", nil)
	var u *unet
	for m := range messages {
		if m == `"step"` {
			took, err := u.step()
			post(took, err)
			continue
		}
		var name string
		var err error
		u, name, err = prepare(m)
		post(name, err)
	}
}

// unet is the network with inputs of batch 2.
type unet struct {
	program graph.Program
	out     []float32
}

// prepare compiles what the message asks for, and runs what depends on the
// prompt alone, as sampling does once per image.
func prepare(message string) (*unet, string, error) {
	var asked struct {
		Preset  string `json:"preset"`
		Threads int    `json:"threads"`
	}
	if err := json.Unmarshal([]byte(message), &asked); err != nil {
		return nil, "", err
	}
	c, err := model.Preset(asked.Preset)
	if err != nil {
		return nil, "", err
	}
	inputs := []modeltest.Input{
		modeltest.Normal("latent", 2, c.LatentChannels, c.LatentSize(), c.LatentSize()),
		{Name: "timestep", Rate: graph.PerTimestep, Shape: []int{1}, Values: []float32{500}},
		modeltest.Normal("context", 2, c.Tokens, c.TextFeatures),
	}
	inputs[2].Rate = graph.PerPrompt
	g, err := modeltest.Record(modeltest.Case[graph.Value]{Inputs: inputs, Build: func(ops model.Ops[graph.Value], x []graph.Value) graph.Value {
		return model.UNet(ops, c, x[0], x[1], x[2])
	}})
	if err != nil {
		return nil, "", err
	}
	ctx := context.Background()
	b, err := simd.New(ctx, modeltest.RandomFor(g.Params()), simd.Options{Threads: asked.Threads, WorkerURL: "/threads.js"})
	if err != nil {
		return nil, "", err
	}
	plan, err := g.Plan()
	if err != nil {
		return nil, "", err
	}
	u := &unet{out: make([]float32, plan.Nodes[plan.Outputs["out"]].Len())}
	if u.program, err = b.Compile(ctx, plan); err != nil {
		return nil, "", err
	}
	for _, in := range inputs {
		if err := u.program.Write(in.Name, in.Values); err != nil {
			return nil, "", err
		}
	}
	return u, b.Name(), u.program.Run(ctx, graph.PromptStage)
}

// step evaluates the network once and returns the milliseconds.
func (u *unet) step() (float64, error) {
	began := time.Now()
	for _, s := range []graph.Stage{graph.TimestepStage, graph.LatentStage} {
		if err := u.program.Run(context.Background(), s); err != nil {
			return 0, err
		}
	}
	err := u.program.Read("out", u.out)
	return float64(time.Since(began).Microseconds()) / 1e3, err
}
