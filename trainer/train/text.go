//go:build libtorch

package train

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// maxStates is how many bytes of hidden states are kept; texts beyond it are
// encoded each time.
const maxStates = 6 << 30

// textStates are the hidden states of a frozen encoder, each text encoded
// alone and in float32: what a text gives does not depend on its batch. Those of
// the texts that come again are kept; captions of the grammar seldom do.
type textStates struct {
	cfg    model.Config
	tokens *prompt.Tokenizer
	params *libtorch.Params
	known  map[string][]float32 // tokens × text_features
	bytes  int
}

func newTextStates(cfg model.Config, tokens *prompt.Tokenizer, encoder runs.Source) (*textStates, error) {
	r := graph.NewRecorder()
	ids := r.Input("ids", graph.PerPrompt, 1, 2)
	r.Output("states", model.BERT(r, cfg, ids, ids, ids))
	list, err := specs(r)
	if err != nil {
		return nil, err
	}
	s := &textStates{cfg: cfg, tokens: tokens, known: map[string][]float32{}}
	var lacking []string
	if e := libtorch.Try(func() { s.params, lacking, err = newParams(list, encoder, 0, false) }); e != nil || err != nil {
		return nil, firstError(e, err)
	}
	if len(lacking) > 0 {
		s.params.Free()
		return nil, fmt.Errorf("train: the text encoder lacks %d parameters, %q first", len(lacking), lacking[0])
	}
	return s, nil
}

// of returns the hidden states of text; none for the null condition.
func (s *textStates) of(text string) []float32 {
	if states, ok := s.known[text]; ok {
		return states
	}
	ids, err := s.tokens.Encode(text, true)
	if err != nil {
		panic(err) // captions are bounded when they are prepared
	}
	if len(ids) == 0 {
		return nil
	}
	list, positions := make([]float32, len(ids)), make([]float32, len(ids))
	for i, id := range ids {
		list[i], positions[i] = float32(id), float32(i)
	}
	ops := libtorch.NewOps(s.params)
	defer ops.Free()
	var states []float32
	libtorch.Autocast(libtorch.F32, func() {
		n := len(ids)
		states = model.BERT(ops, s.cfg, ops.Tensor(list, 1, n), ops.Tensor(positions, 1, n), ops.Tensor(make([]float32, n), 1, n)).Values()
	})
	return states
}

// all encodes every text before training and keeps the states. If no other text
// can follow, whole is true and the encoder is freed.
func (s *textStates) all(ctx context.Context, texts []string, whole bool, progress io.Writer) error {
	for i, text := range texts {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if i%200 == 0 {
			fmt.Fprintf(progress, "text: %d of %d texts encoded\n", i, len(texts))
		}
		if err := libtorch.Try(func() {
			if states := s.of(text); s.bytes+4*len(states) <= maxStates {
				s.known[text] = states
				s.bytes += 4 * len(states)
			}
		}); err != nil {
			return err
		}
	}
	if whole && s.bytes < maxStates {
		s.params.Free()
	}
	return nil
}

// batch returns the states of texts side by side, (B, N, text_features), and
// their mask.
func (s *textStates) batch(ops *libtorch.Ops, texts []string) (hidden, mask libtorch.Tensor) {
	d := s.cfg.TextFeatures
	longest := 1
	list := make([][]float32, len(texts))
	for b, text := range texts {
		list[b] = s.of(text)
		longest = max(longest, len(list[b])/d)
	}
	values, attend := make([]float32, len(texts)*longest*d), make([]float32, len(texts)*longest)
	for b, states := range list {
		copy(values[b*longest*d:], states)
		for i := range max(len(states)/d, 1) { // the null condition is one token
			attend[b*longest+i] = 1
		}
	}
	return ops.Tensor(values, len(texts), longest, d), ops.Tensor(attend, len(texts), longest)
}

// fixedTexts lists the captions of the data where every image has a report
// of its own, and whether that is so.
func fixedTexts(data *dataset.Prepared) (texts []string, whole bool) {
	seen := map[string]bool{}
	whole = true
	for _, r := range data.Records {
		if !r.Reported() {
			whole = false
		} else if !seen[r.Report] {
			seen[r.Report] = true
			texts = append(texts, r.Report)
		}
	}
	return texts, whole
}

// viewTexts lists the captions that state a view alone, for the views of the
// data.
func viewTexts(data *dataset.Prepared) (texts []string) {
	for _, r := range data.Records {
		if text := prompt.OfView(r.View); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// captionWords lists the words that the captions of the data can have.
func captionWords(data *dataset.Prepared) []string {
	texts, whole := fixedTexts(data)
	var words []string
	if !whole {
		words = dataset.KnownWords()
	}
	for _, text := range texts {
		words = append(words, prompt.Words(text)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// withEncoder returns o with the configuration and the vocabulary of its
// frozen encoder.
func (o DiffusionOptions) withEncoder() DiffusionOptions {
	if o.Text != nil {
		o.Model, o.Vocab = o.Text.Apply(o.Model), o.Text.Vocab
	}
	return o
}

var _ runs.Source = (*bert.Encoder)(nil)
