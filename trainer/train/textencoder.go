//go:build libtorch

package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/weights"
)

// TextOptions are those of [TextEncoder].
type TextOptions struct {
	Common
	Model model.Config `json:"model"` // of which the text fields count; TextVocab is set from Vocab
	Vocab []string     `json:"-"`
}

// What a finished encoder must reach.
const (
	leastHeldOut     = 0.98 // F1 on forms of sentences that it was not trained on
	leastStateSpread = 0.2  // distance between "X" and "no X", as a part of their size
)

// ErrWeak is wrapped by the error of an encoder that does not read well enough.
var ErrWeak = errors.New("train: the text encoder reads too little")

// The parameters that read facts from the mean of an encoder's states.
const (
	readerWeight = "facts.weight" // (sum of dataset.Targets, text_features)
	readerBias   = "facts.bias"
)

// TextEncoder pretrains a text encoder: from random texts with known facts it
// learns to state the facts (cross-entropy, by a linear layer over the mean of
// its last states). A frozen encoder that knows its field serves a diffusion
// model better than one trained along with it (Chambon et al. 2022, arXiv
// 2211.12737).
//
// The run's folder is then also a folder of a BERT in the layout of
// transformers, which [Diffusion] takes for its text.
func TextEncoder(ctx context.Context, o TextOptions, progress io.Writer) error {
	o.Model.TextVocab = len(o.Vocab)
	if err := o.Model.Validate(); err != nil {
		return err
	}
	tokens, err := prompt.New(o.Vocab, o.Model.Lowercase, o.Model.Tokens)
	if err != nil {
		return err
	}
	list, err := readerSpecs(o.Model)
	if err != nil {
		return err
	}
	var params *libtorch.Params
	if e := libtorch.Try(func() { params, _, err = newParams(list, nil, o.Seed, true) }); e != nil || err != nil {
		return fmt.Errorf("train: %w", firstError(e, err))
	}
	defer params.Free()
	e := &textTraining{TextOptions: o, tokens: tokens, last: map[string]float64{}}
	e.ahead = &ahead[textBatch]{make: func(pass int) textBatch {
		texts, facts := make([]string, o.Batch), make([]dataset.Facts, o.Batch)
		for b := range texts {
			texts[b], facts[b] = dataset.Prompt(o.Seed, pass*o.Batch+b)
		}
		return e.batch(texts, facts)
	}}
	defer e.ahead.stop()
	t := task{kind: "text", options: o, loss: e.loss, evaluate: e.evaluate, figure: "test_right", sign: -1}
	if t.model, err = jsonOf(o.Model); err != nil {
		return err
	}
	if err := runTask(ctx, o.Common, t, params, progress); err != nil {
		return err
	}
	if err := writeEncoder(o); err != nil {
		return err
	}
	if f, s := e.last["test_held_out_f1"], e.last["spread"]; len(e.last) > 0 && !(f >= leastHeldOut && s >= leastStateSpread) {
		return fmt.Errorf("%w: F1 %.3f on held-out forms of sentences (%g is needed), spread %.2f (%g is needed); train it longer with --steps", ErrWeak, f, leastHeldOut, s, leastStateSpread)
	}
	return nil
}

// readerSpecs lists the parameters of an encoder and of what reads facts from
// its states.
func readerSpecs(c model.Config) ([]graph.Spec, error) {
	r := graph.NewRecorder()
	ids := r.Input("ids", graph.PerPrompt, 1, 2)
	r.Output("facts", readFacts(r, c, ids, ids, ids, ids))
	return specs(r)
}

// readFacts gives the scores of the classes of every output of
// [dataset.Targets], (B, sum), side by side.
func readFacts[T any](ops model.Ops[T], c model.Config, ids, positions, types, mask T) T {
	mean := ops.MeanTokens(model.BERT(ops, c, ids, positions, types, mask), mask)
	n := 0
	for _, classes := range dataset.Targets() {
		n += classes
	}
	return ops.Linear(mean, ops.Param(readerWeight, n, c.TextFeatures), ops.Param(readerBias, n))
}

type textTraining struct {
	TextOptions
	tokens *prompt.Tokenizer
	ahead  *ahead[textBatch]
	last   map[string]float64 // figures of the last evaluation
}

// textBatch is what a forward pass reads.
type textBatch struct {
	ids, mask []float32 // (B, N)
	classes   [][]float32
	size      int // B
}

func (e *textTraining) batch(texts []string, facts []dataset.Facts) textBatch {
	b := textBatch{size: len(texts), classes: make([][]float32, len(dataset.Targets()))}
	b.ids, b.mask = padded(e.tokens, texts)
	for _, f := range facts {
		for k, c := range f.Classes() {
			b.classes[k] = append(b.classes[k], float32(c))
		}
	}
	return b
}

// padded encodes texts side by side: ids and mask, (B, N).
func padded(tokens *prompt.Tokenizer, texts []string) (ids, mask []float32) {
	encoded, longest := make([][]int32, len(texts)), 1
	for b, text := range texts {
		var err error
		if encoded[b], err = tokens.Encode(text, true); err != nil {
			panic(err) // texts are our own, and short
		}
		longest = max(longest, len(encoded[b]))
	}
	ids, mask = make([]float32, len(texts)*longest), make([]float32, len(texts)*longest)
	for b, list := range encoded {
		mask[b*longest] = 1 // attention needs something to attend to
		for i, id := range list {
			ids[b*longest+i], mask[b*longest+i] = float32(id), 1
		}
	}
	return ids, mask
}

// scores runs the encoder and what reads facts.
func (e *textTraining) scores(ops *libtorch.Ops, b textBatch) libtorch.Tensor {
	n := len(b.ids) / b.size
	positions := make([]float32, n)
	for i := range positions {
		positions[i] = float32(i)
	}
	return ops.Float(readFacts(ops, e.Model, ops.Tensor(b.ids, b.size, n), ops.Tensor(positions, 1, n),
		ops.Tensor(make([]float32, n), 1, n), ops.Tensor(b.mask, b.size, n)))
}

func (e *textTraining) loss(ops *libtorch.Ops, step, k int) (libtorch.Tensor, map[string]float64) {
	b := e.ahead.at(step*e.Accumulate + k)
	scores := e.scores(ops, b)
	var sum libtorch.Tensor
	from := 0
	for i, n := range dataset.Targets() {
		part := ops.CrossEntropy(ops.Channels(scores, from, n), b.classes[i])
		if i == 0 {
			sum = part
		} else {
			sum = ops.Add(sum, part)
		}
		from += n
	}
	return sum, map[string]float64{"loss": sum.Value()}
}

// read returns the facts that the encoder reads from texts.
func (e *textTraining) read(ops *libtorch.Ops, texts []string) []dataset.Facts {
	defer ops.Free()
	b := e.batch(texts, make([]dataset.Facts, len(texts)))
	values := e.scores(ops, b).Values()
	width := len(values) / len(texts)
	facts := make([]dataset.Facts, len(texts))
	for j := range facts {
		row, classes := values[j*width:(j+1)*width], []int{}
		for _, n := range dataset.Targets() {
			classes = append(classes, largest(row[:n]))
			row = row[n:]
		}
		facts[j] = dataset.FactsOf(classes)
	}
	return facts
}

func largest(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// evaluationTexts is the number of random texts of an evaluation.
const evaluationTexts = 512

// evaluate measures how many random texts are read without an error, F1 of
// findings on held-out forms of sentences, and the spread of states.
func (e *textTraining) evaluate(average *libtorch.Params, _ string) (map[string]float64, error) {
	ops := libtorch.NewOps(average)
	right := 0
	for from := 0; from < evaluationTexts; from += e.Batch {
		texts, facts := make([]string, e.Batch), make([]dataset.Facts, e.Batch)
		for b := range texts {
			texts[b], facts[b] = dataset.Prompt(e.Seed+1, from+b)
		}
		for b, f := range e.read(ops, texts) {
			if f == facts[b] {
				right++
			}
		}
	}
	total := (evaluationTexts + e.Batch - 1) / e.Batch * e.Batch
	texts, facts := dataset.HeldOutPrompts()
	var both, read, said float64
	for b, f := range e.read(ops, texts) {
		for k, s := range facts[b].Findings {
			both += float64(oneIf(s != dataset.Unsaid && f.Findings[k] == s))
			read += float64(oneIf(f.Findings[k] != dataset.Unsaid))
			said += float64(oneIf(s != dataset.Unsaid))
		}
	}
	e.last = map[string]float64{"test_right": float64(right) / float64(total), "test_held_out_f1": 2 * both / (read + said), "spread": e.spread(ops)}
	return e.last, nil
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// spread is the mean over spreadTexts of the distance between the mean states of
// two texts, as a part of their size.
func (e *textTraining) spread(ops *libtorch.Ops) float64 {
	return spreadOf(func(text string) []float32 {
		defer ops.Free()
		b := e.batch([]string{text}, make([]dataset.Facts, 1))
		n := len(b.ids)
		positions := make([]float32, n)
		for i := range positions {
			positions[i] = float32(i)
		}
		return ops.MeanTokens(ops.Float(model.BERT(ops, e.Model, ops.Tensor(b.ids, 1, n), ops.Tensor(positions, 1, n), ops.Tensor(make([]float32, n), 1, n)))).Values()
	})
}

// writeEncoder writes the run's encoder, of averaged weights, in the layout of
// transformers: config.json, tokenizer_config.json, vocab.txt and
// model.safetensors.
func writeEncoder(o TextOptions) error {
	trained, err := OpenTrained(o.Run)
	if err != nil {
		return err
	}
	defer trained.Close()
	list, err := readerSpecs(o.Model)
	if err != nil {
		return err
	}
	var tensors []weights.Values
	for _, s := range list {
		values, err := trained.Float32(s.Name)
		if err != nil {
			return err
		}
		tensors = append(tensors, weights.Values{Name: strings.TrimPrefix(s.Name, "text."), Shape: s.Shape, Float32: values})
	}
	c := o.Model
	config, err := json.MarshalIndent(map[string]any{"model_type": "bert", "hidden_act": "gelu", "num_hidden_layers": c.TextLayers, "hidden_size": c.TextFeatures,
		"num_attention_heads": c.TextHeads, "intermediate_size": c.TextIntermediate, "max_position_embeddings": c.TextPositions,
		"vocab_size": c.TextVocab, "type_vocab_size": 2, "layer_norm_eps": c.TextNormEps}, "", "  ")
	if err != nil {
		return err
	}
	put := func(name, text string) error {
		return os.WriteFile(filepath.Join(o.Run, name), []byte(text), 0o644)
	}
	return errors.Join(put("config.json", string(config)+"\n"), put("tokenizer_config.json", fmt.Sprintf("{\"do_lower_case\": %t}\n", c.Lowercase)),
		put(VocabFile, strings.Join(o.Vocab, "\n")+"\n"), weights.WritePlain(filepath.Join(o.Run, "model.safetensors"), map[string]string{"format": "pt"}, tensors))
}

// spreadOf is the mean over spreadTexts of the distance between what mean gives
// for two texts, as a part of their size: 0 where the text does not matter.
func spreadOf(mean func(text string) []float32) float64 {
	var sum float64
	for _, pair := range spreadTexts {
		a, b := mean(pair[0]), mean(pair[1])
		zero := make([]float32, len(a))
		sum += rms(a, b) / math.Max((rms(a, zero)+rms(b, zero))/2, 1e-12)
	}
	return sum / float64(len(spreadTexts))
}
