//go:build libtorch

package train

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// factGroups are the sizes of the choices that the facts of a caption are:
// unsaid, present or denied for each claim; unsaid, PA or AP; unsaid, F or M;
// unsaid or a decade; child or not.
var factGroups = func() []int {
	var groups []int
	for range dataset.Claimed + 2 {
		groups = append(groups, 3)
	}
	return append(groups, 1+dataset.Decades, 2)
}()

// factsSize is the sum of factGroups.
const factsSize = 3*(dataset.Claimed+2) + 1 + dataset.Decades + 2

// The values of the choices of view and sex.
var (
	viewValues = []string{"", "PA", "AP"}
	sexValues  = []string{"", "F", "M"}
)

// factIndices are the places, among factsSize, of the facts that hold.
func factIndices(f dataset.Facts) []int {
	var choices []int
	for _, c := range f.Claims {
		choices = append(choices, int(c))
	}
	child := 0
	if f.Child {
		child = 1
	}
	choices = append(choices, indexOf(viewValues, f.View), indexOf(sexValues, f.Sex), f.Decade, child)
	at := 0
	for i, size := range factGroups {
		choices[i] += at
		at += size
	}
	return choices
}

func indexOf(list []string, s string) int {
	for i, v := range list {
		if v == s {
			return i
		}
	}
	panic("train: no choice " + s) // facts are our own
}

// factsOf are the likeliest facts of logits.
func factsOf(logits []float32) dataset.Facts {
	var f dataset.Facts
	choices := make([]int, len(factGroups))
	for i, size := range factGroups {
		for j := range size {
			if logits[j] > logits[choices[i]] {
				choices[i] = j
			}
		}
		logits = logits[size:]
	}
	for i := range f.Claims {
		f.Claims[i] = dataset.Claim(choices[i])
	}
	rest := choices[dataset.Claimed:]
	f.View, f.Sex, f.Decade, f.Child = viewValues[rest[0]], sexValues[rest[1]], rest[2], rest[3] == 1
	return f
}

// factsHead is the linear map from a mean state (B, D) to the logits of the
// facts, (B, factsSize).
func factsHead[T any](ops model.Ops[T], cfg model.Config, mean T) T {
	return ops.Linear(mean, ops.Param("facts.weight", factsSize, cfg.TextFeatures), ops.Param("facts.bias", factsSize))
}

// sensesHead is the linear map from states (B, N, D) to the logits of what each
// token says, (B, N, senses).
func sensesHead[T any](ops model.Ops[T], cfg model.Config, states T) T {
	return ops.Linear(states, ops.Param("senses.weight", senses, cfg.TextFeatures), ops.Param("senses.bias", senses))
}

// logProbabilities are those of each choice, from logits (B, factsSize).
func logProbabilities(ops *libtorch.Ops, logits libtorch.Tensor) libtorch.Tensor {
	b := logits.Shape()[0]
	var parts []libtorch.Tensor
	at := 0
	for i := 0; i < len(factGroups); {
		size, n := factGroups[i], 0
		for ; i < len(factGroups) && factGroups[i] == size; i++ {
			n++
		}
		part := ops.Reshape(ops.Channels(logits, at, n*size), b, n, size)
		parts = append(parts, ops.Reshape(ops.LogSoftmax(part), b, n*size))
		at += n * size
	}
	return ops.Concat(parts...)
}

// textJSON is the part of a configuration that the text encoder is made from:
// a run can be resumed where other parts change.
func textJSON(cfg model.Config) (string, error) {
	whole, err := json.Marshal(cfg)
	if err != nil {
		return "", err
	}
	var fields map[string]any
	if err := json.Unmarshal(whole, &fields); err != nil {
		return "", err
	}
	for name := range fields {
		if !strings.HasPrefix(name, "text_") && name != "lowercase" && name != "tokens" {
			delete(fields, name)
		}
	}
	return jsonOf(fields)
}

// FactReader reads what a text says from the states of a trained text encoder.
type FactReader struct {
	cfg    model.Config
	tokens *prompt.Tokenizer
	params *libtorch.Params
}

// OpenFacts opens the reader of a folder that [TextEncoder] or [ExtractText]
// wrote: a BERT encoder beside its [FactsFile].
func OpenFacts(dir string) (*FactReader, error) {
	e, err := bert.Open(dir)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	heads, err := weights.OpenPlain(filepath.Join(dir, FactsFile))
	if err != nil {
		return nil, err
	}
	defer heads.Close()
	return newFactReader(e.Apply(model.Mini()), e.Vocab, encoderWithHeads{e, heads})
}

// encoderWithHeads gives the parameters of both.
type encoderWithHeads struct {
	encoder *bert.Encoder
	heads   *weights.Plain
}

func (s encoderWithHeads) Has(name string) bool { return s.encoder.Has(name) || s.heads.Has(name) }

func (s encoderWithHeads) Float32(name string) ([]float32, error) {
	if s.encoder.Has(name) {
		return s.encoder.Float32(name)
	}
	return s.heads.Float32(name)
}

// newFactReader returns a reader with the parameters that from gives.
func newFactReader(cfg model.Config, vocab []string, from runs.Source) (*FactReader, error) {
	r := &FactReader{cfg: cfg}
	var err error
	if r.tokens, err = prompt.New(vocab, cfg.Lowercase, cfg.Tokens); err != nil {
		return nil, err
	}
	specs, err := textEncoderSpecs(cfg)
	if err != nil {
		return nil, err
	}
	var lacking []string
	if e := libtorch.Try(func() { r.params, lacking, err = newParams(specs, from, 0, false) }); e != nil || err != nil {
		return nil, firstError(e, err)
	}
	if len(lacking) > 0 {
		r.Close()
		return nil, fmt.Errorf("%w: %d parameters of a text encoder are missing, %q first", runs.ErrCheckpoint, len(lacking), lacking[0])
	}
	return r, nil
}

// Close frees the encoder.
func (r *FactReader) Close() { r.params.Free() }

// Read returns what text says, as far as the encoder understands it. For a text
// without words it returns nothing.
func (r *FactReader) Read(text string) (facts dataset.Facts, err error) {
	mean, err := r.mean(text)
	if err != nil || mean == nil {
		return facts, err
	}
	err = libtorch.Try(func() {
		ops := libtorch.NewOps(r.params)
		defer ops.Free()
		facts = factsOf(factsHead(ops, r.cfg, ops.Tensor(mean, 1, r.cfg.TextFeatures)).Values())
	})
	return facts, err
}

// mean is the mean of the states of a text, or nil for a text without words.
func (r *FactReader) mean(text string) ([]float32, error) {
	ids, err := r.tokens.Encode(text, true)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	n := len(ids)
	list, positions := make([]float32, n), make([]float32, n)
	for i, id := range ids {
		list[i], positions[i] = float32(id), float32(i)
	}
	var states []float32
	err = libtorch.Try(func() {
		ops := libtorch.NewOps(r.params)
		defer ops.Free()
		states = model.BERT(ops, r.cfg, ops.Tensor(list, 1, n), ops.Tensor(positions, 1, n), ops.Tensor(make([]float32, n), 1, n)).Values()
	})
	if err != nil {
		return nil, err
	}
	d := r.cfg.TextFeatures
	mean := make([]float32, d)
	for i, v := range states {
		mean[i%d] += v / float32(n)
	}
	return mean, nil
}

// Spread is the mean, over texts "X" and "no X", of the [metric.Spread] of their
// mean states: near 0 where the encoder makes no difference between them.
func (r *FactReader) Spread() (float64, error) {
	var sum float64
	pairs := dataset.Opposites()
	for _, pair := range pairs {
		var means [2][]float32
		for i, text := range pair {
			var err error
			if means[i], err = r.mean(text); err != nil {
				return 0, err
			}
		}
		sum += metric.Spread(means[0], means[1])
	}
	return sum / float64(len(pairs)), nil
}
