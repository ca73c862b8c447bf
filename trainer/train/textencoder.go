//go:build libtorch

package train

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// TextEncoderOptions are those of [TextEncoder].
type TextEncoderOptions struct {
	Common
	Model      model.Config `json:"model"`       // its text encoder is trained; TextVocab is set from Vocab
	SensesLoss float64      `json:"senses_loss"` // weight of the loss of what each token says
	// MinHeldF1 and MinSpread are what the encoder must reach to be written: F1
	// on names that it was not trained with, and [FactReader.Spread].
	MinHeldF1 float64  `json:"min_held_f1"`
	MinSpread float64  `json:"min_spread"`
	Vocab     []string `json:"-"`
}

// evaluationCaptions is how many fixed captions an evaluation reads.
const evaluationCaptions = 512

// TextEncoder trains a text encoder on the facts of random captions, and writes
// it to the run's folder in the layout of transformers. The mean of its last
// states must give every fact by a linear map; so the network that takes the
// mean can, too.
func TextEncoder(ctx context.Context, o TextEncoderOptions, progress io.Writer) error {
	o.Model.TextVocab = len(o.Vocab)
	if err := o.Model.Validate(); err != nil {
		return err
	}
	if !(o.SensesLoss >= 0) {
		return fmt.Errorf("%w: a loss of senses times %g", runs.ErrOptions, o.SensesLoss)
	}
	if o.Precision == PrecisionAuto {
		return fmt.Errorf("%w: precision auto measures networks of images alone (give f32 or bf16 to a text encoder)", runs.ErrOptions)
	}
	tokens, err := prompt.New(o.Vocab, o.Model.Lowercase, o.Model.Tokens)
	if err != nil {
		return err
	}
	if err := runs.KeepVocab(o.Run, o.Vocab); err != nil {
		return err
	}
	specs, err := textEncoderSpecs(o.Model)
	if err != nil {
		return err
	}
	var params *libtorch.Params
	if e := libtorch.Try(func() { params, _, err = newParams(specs, sinusoids{o.Model}, o.Seed, true) }); e != nil || err != nil {
		return fmt.Errorf("train: %w", firstError(e, err))
	}
	defer params.Free()
	e := &textEncoder{TextEncoderOptions: o, tokens: tokens, words: newWordTokens(tokens, o.Vocab), step: -1}
	e.ahead = &ahead[spoken]{make: func(pass int) (spoken, error) { return e.captions(pass), nil }}
	defer e.ahead.stop()
	t := task{kind: "text encoder", options: o, loss: e.loss, figure: "held_f1", sign: -1, evaluate: func(average *libtorch.Params, _ string) (map[string]float64, error) {
		return e.evaluate(average)
	}}
	if t.model, err = textJSON(o.Model); err != nil {
		return err
	}
	if err = runTask(ctx, o.Common, t, params, progress); err != nil {
		return err
	}
	return e.finish(progress)
}

// textEncoderSpecs lists the parameters of the encoder and of the heads that
// read its facts.
func textEncoderSpecs(cfg model.Config) ([]graph.Spec, error) {
	r := graph.NewRecorder()
	ids := r.Input("ids", graph.PerPrompt, 1, 2)
	states := model.BERT(r, cfg, ids, ids, ids)
	r.Output("senses", sensesHead(r, cfg, states))
	r.Output("facts", factsHead(r, cfg, r.Input("mean", graph.PerPrompt, 1, cfg.TextFeatures)))
	return specs(r)
}

type textEncoder struct {
	TextEncoderOptions
	tokens *prompt.Tokenizer
	words  *wordTokens
	ahead  *ahead[spoken]

	step int // whose captions follow, the shortest first
	made []caption
}

// spoken is a batch of captions, padded to the longest.
type spoken struct {
	list                 []caption
	ids, positions, mask []float32
	facts                []float32 // (B, factsSize), −1/B at each fact that holds
	senses               []float32 // (B·N, senses), −1/tokens at the sense of each token
	longest              int
}

// captions are those of a forward pass: a function of the seed and the pass.
// The captions of a step are sorted by length, so that those of a pass are
// padded little.
func (e *textEncoder) captions(pass int) spoken {
	step := pass / e.Accumulate
	if step != e.step {
		e.step, e.made = step, nil
		n := e.Batch * e.Accumulate
		for i := range n {
			e.made = append(e.made, e.words.caption(dataset.Speak(e.Seed, step*n+i), e.Model.Tokens))
		}
		slices.SortStableFunc(e.made, func(a, b caption) int { return cmp.Compare(len(a.ids), len(b.ids)) })
	}
	at := pass % e.Accumulate * e.Batch
	return batchOf(e.made[at : at+e.Batch])
}

func batchOf(list []caption) spoken {
	b := len(list)
	s := spoken{list: list}
	for _, c := range list {
		s.longest = max(s.longest, len(c.ids))
	}
	n := s.longest
	s.ids, s.mask, s.positions = make([]float32, b*n), make([]float32, b*n), make([]float32, n)
	s.facts, s.senses = make([]float32, b*factsSize), make([]float32, b*n*senses)
	total := 0
	for _, c := range list {
		total += len(c.ids)
	}
	for i := range s.positions {
		s.positions[i] = float32(i)
	}
	for i, c := range list {
		for j, id := range c.ids {
			s.ids[i*n+j], s.mask[i*n+j] = float32(id), 1
			s.senses[(i*n+j)*senses+c.senses[j]] = -1 / float32(total)
		}
		for _, at := range factIndices(c.facts) {
			s.facts[i*factsSize+at] = -1 / float32(b*len(factGroups))
		}
	}
	return s
}

// run gives the states of captions, (B, N, D), and their masked mean, (B, D).
func (e *textEncoder) run(ops *libtorch.Ops, s spoken) (states, mean libtorch.Tensor) {
	b, n := len(s.list), s.longest
	mask := ops.Tensor(s.mask, b, n)
	states = ops.Float(model.BERT(ops, e.Model, ops.Tensor(s.ids, b, n), ops.Tensor(s.positions, 1, n), ops.Tensor(make([]float32, n), 1, n), mask))
	return states, ops.MeanTokens(states, mask)
}

// loss is the mean cross-entropy of the facts, read from the mean state, and
// SensesLoss times that of what each token says, read from its state.
func (e *textEncoder) loss(ops *libtorch.Ops, step, k int) (libtorch.Tensor, map[string]float64) {
	s := e.ahead.at(step*e.Accumulate + k)
	b, n := len(s.list), s.longest
	states, mean := e.run(ops, s)
	logits := ops.Float(factsHead(ops, e.Model, mean))
	facts := sum(ops, ops.Mul(logProbabilities(ops, logits), ops.Tensor(s.facts, b, factsSize)))
	said := ops.LogSoftmax(ops.Reshape(ops.Float(sensesHead(ops, e.Model, states)), b*n, senses))
	of := sum(ops, ops.Mul(said, ops.Tensor(s.senses, b*n, senses)))
	loss := ops.Add(facts, ops.Scale(of, e.SensesLoss))
	return loss, map[string]float64{"loss": loss.Value(), "facts_loss": facts.Value(), "senses_loss": of.Value()}
}

// sum is the sum of all values.
func sum(ops *libtorch.Ops, x libtorch.Tensor) libtorch.Tensor {
	return ops.Scale(ops.Mean(x), float64(x.Len()))
}

// evaluate reads fixed random captions, and the names that no caption uses, and
// measures how far the states of opposites are apart.
func (e *textEncoder) evaluate(average *libtorch.Params) (map[string]float64, error) {
	reader := &FactReader{cfg: e.Model, tokens: e.tokens, params: average}
	whole, claims := 0, 0
	for i := range evaluationCaptions {
		s := dataset.Speak(^e.Seed, i)
		got, err := reader.Read(s.Text())
		if err != nil {
			return nil, err
		}
		if got == s.Facts {
			whole++
		}
		for c := range got.Claims {
			if got.Claims[c] == s.Facts.Claims[c] {
				claims++
			}
		}
	}
	var right, said, meant float64
	for _, x := range dataset.HeldOut() {
		got, err := reader.Read(x.Text)
		if err != nil {
			return nil, err
		}
		for c, want := range x.Facts.Claims {
			if got.Claims[c] != dataset.Unsaid {
				said++
			}
			if want != dataset.Unsaid {
				meant++
				if got.Claims[c] == want {
					right++
				}
			}
		}
	}
	spread, err := reader.Spread()
	if err != nil {
		return nil, err
	}
	return map[string]float64{"captions": float64(whole) / evaluationCaptions, "claims": float64(claims) / float64(evaluationCaptions*dataset.Claimed),
		"held_f1": 2 * right / (said + meant), "spread": spread}, nil
}

// finish measures the trained encoder and, where it is good enough, writes it.
func (e *textEncoder) finish(progress io.Writer) error {
	trained, err := runs.OpenTrained(e.Run)
	if err != nil {
		return err
	}
	defer trained.Close()
	reader, err := newFactReader(e.Model, e.Vocab, trained)
	if err != nil {
		return err
	}
	defer reader.Close()
	libtorch.GradMode(false)
	defer libtorch.GradMode(true)
	figures, err := e.evaluate(reader.params)
	if err != nil {
		return err
	}
	f1, spread := figures["held_f1"], figures["spread"]
	if !(f1 >= e.MinHeldF1 && spread >= e.MinSpread) || math.IsInf(spread, 0) {
		return fmt.Errorf("%w: F1 on names kept out of training is %.4f (at least %g is needed), the spread of \"X\" and \"no X\" %.3f (at least %g)", ErrEncoder, f1, e.MinHeldF1, spread, e.MinSpread)
	}
	fmt.Fprintf(progress, "text encoder: F1 on names kept out of training %.4f, spread %.3f, %.1f %% of random captions read without an error; written to %s\n", f1, spread, 100*figures["captions"], e.Run)
	return writeTrainedEncoder(e.Run, e.Model, reader.params)
}
