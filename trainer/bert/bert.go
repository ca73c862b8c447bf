// Package bert reads BERT encoders from folders in the layout of HuggingFace's
// transformers: config.json; vocab.txt or tokenizer.json; and the weights as
// model.safetensors, as several such files with an index, or as
// pytorch_model.bin.
package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/nlpodyssey/gopickle/pytorch"
	"github.com/nlpodyssey/gopickle/types"

	"github.com/roentgo/roentgo/internal/digest"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/sampler/model"
)

// ErrFolder is wrapped by every error of a folder that cannot be used.
var ErrFolder = errors.New("bert: folder refused")

// MaxTokens is how many tokens of a text are used, as in the study, where the
// encoder has as many positions.
const MaxTokens = 256

// The largest sizes of the small files and of the weights, in bytes.
const (
	maxText    = 64 << 20
	maxWeights = 8 << 30
)

// Encoder is an encoder's configuration, vocabulary and weights. Its tensors
// go by the names of package model, "text.…".
type Encoder struct {
	Dir       string
	Vocab     []string // by id
	Lowercase bool
	Hash      string // SHA-256 of the file of weights, or of the hashes of its files, hexadecimal

	config config
	float  func(name string) ([]float32, error)
	names  map[string]string // of package model to the file's
	close  func() error
}

// config is what config.json says about a BertModel.
type config struct {
	ModelType        string  `json:"model_type"`
	HiddenAct        string  `json:"hidden_act"`
	PositionType     string  `json:"position_embedding_type"`
	Layers           int     `json:"num_hidden_layers"`
	Features         int     `json:"hidden_size"`
	Heads            int     `json:"num_attention_heads"`
	IntermediateSize int     `json:"intermediate_size"`
	Positions        int     `json:"max_position_embeddings"`
	Vocab            int     `json:"vocab_size"`
	Types            int     `json:"type_vocab_size"`
	NormEps          float64 `json:"layer_norm_eps"`
}

// Open reads a folder. The weights stay in their file, or, from
// pytorch_model.bin, in memory.
func Open(dir string) (*Encoder, error) {
	e := &Encoder{Dir: dir, close: func() error { return nil }}
	text, err := readText(filepath.Join(dir, "config.json"))
	if err != nil {
		return nil, e.refuse(err)
	}
	e.config = config{HiddenAct: "gelu", NormEps: 1e-12, Types: 2} // transformers' defaults
	if err := json.Unmarshal(text, &e.config); err != nil {
		return nil, e.refuse(fmt.Errorf("config.json: %w", err))
	}
	switch c := e.config; {
	case c.ModelType != "" && c.ModelType != "bert":
		return nil, e.refuse(fmt.Errorf("config.json is of a model of type %q, not bert", c.ModelType))
	case c.HiddenAct != "gelu":
		return nil, e.refuse(fmt.Errorf("its activation is %q, not gelu", c.HiddenAct))
	case c.PositionType != "" && c.PositionType != "absolute":
		return nil, e.refuse(fmt.Errorf("its positions are %q, not absolute", c.PositionType))
	case c.Types != 2:
		return nil, e.refuse(fmt.Errorf("it has %d token types, not 2", c.Types))
	}
	// Before anything of those sizes is made.
	if err := e.Apply(model.Tiny()).Validate(); err != nil {
		return nil, e.refuse(err)
	}
	if err := e.readVocab(); err != nil {
		return nil, e.refuse(err)
	}
	if err := e.openWeights(); err != nil {
		return nil, e.refuse(err)
	}
	return e, nil
}

func (e *Encoder) refuse(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w (a folder of transformers has config.json, vocab.txt and pytorch_model.bin or model.safetensors)", err)
	}
	return fmt.Errorf("%w: %s: %w", ErrFolder, e.Dir, err)
}

// Apply returns c with this encoder in place of its own.
func (e *Encoder) Apply(c model.Config) model.Config {
	c.TextLayers, c.TextFeatures, c.TextHeads = e.config.Layers, e.config.Features, e.config.Heads
	c.TextIntermediate, c.TextPositions, c.TextVocab = e.config.IntermediateSize, e.config.Positions, e.config.Vocab
	c.TextNormEps, c.Lowercase = e.config.NormEps, e.Lowercase
	c.Tokens = min(MaxTokens, e.config.Positions)
	return c
}

// Close closes the file of weights.
func (e *Encoder) Close() error { return e.close() }

// Has reports whether the encoder has the tensor, by its name in package
// model.
func (e *Encoder) Has(name string) bool { return e.names[name] != "" }

// Float32 returns a tensor's values, row-major, by its name in package model.
func (e *Encoder) Float32(name string) ([]float32, error) {
	if !e.Has(name) {
		return nil, e.refuse(fmt.Errorf("its weights lack %q", name))
	}
	return e.float(e.names[name])
}

func readText(path string) ([]byte, error) {
	return regular.Read(path, maxText)
}

// readVocab reads the vocabulary and finds out whether it is lower case.
func (e *Encoder) readVocab() error {
	var cased *bool // as the folder says
	var tokenizer struct {
		Model struct {
			Vocab map[string]int `json:"vocab"`
		} `json:"model"`
		Normalizer struct {
			Lowercase *bool `json:"lowercase"`
		} `json:"normalizer"`
	}
	say := func(lower *bool) {
		if lower != nil {
			c := !*lower
			cased = &c
		}
	}
	text, err := readText(filepath.Join(e.Dir, "tokenizer.json"))
	if err == nil {
		if err := json.Unmarshal(text, &tokenizer); err != nil {
			return fmt.Errorf("tokenizer.json: %w", err)
		}
		say(tokenizer.Normalizer.Lowercase)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if text, err := readText(filepath.Join(e.Dir, "tokenizer_config.json")); err == nil {
		var c struct {
			Lower *bool `json:"do_lower_case"`
		}
		if err := json.Unmarshal(text, &c); err != nil {
			return fmt.Errorf("tokenizer_config.json: %w", err)
		}
		say(c.Lower)
	}
	if text, err = readText(filepath.Join(e.Dir, "vocab.txt")); err == nil {
		e.Vocab = strings.Split(strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n")
	} else if errors.Is(err, fs.ErrNotExist) && len(tokenizer.Model.Vocab) > 0 {
		e.Vocab = make([]string, len(tokenizer.Model.Vocab))
		for token, id := range tokenizer.Model.Vocab {
			if id < 0 || id >= len(e.Vocab) || e.Vocab[id] != "" {
				return fmt.Errorf("tokenizer.json gives token %q the id %d of %d", token, id, len(e.Vocab))
			}
			e.Vocab[id] = token
		}
	} else {
		return err
	}
	e.Vocab = distinct(e.Vocab)
	if len(e.Vocab) > e.config.Vocab {
		return fmt.Errorf("its vocabulary has %d tokens, the model %d", len(e.Vocab), e.config.Vocab)
	}
	for n := len(e.Vocab); n < e.config.Vocab; n++ { // padded to a round number
		e.Vocab = append(e.Vocab, fmt.Sprintf("[unused-padding%d]", n))
	}
	if cased != nil {
		e.Lowercase = !*cased
		return nil
	}
	// Where the folder does not say, as BioBERT's, its tokens do.
	e.Lowercase = !slices.ContainsFunc(e.Vocab, func(token string) bool {
		return !strings.HasPrefix(token, "[") && strings.ContainsFunc(token, unicode.IsUpper)
	})
	return nil
}

// distinct renames tokens that are empty or that occur again later, so that no
// text has them. As in transformers, texts use the last of equal tokens.
func distinct(vocab []string) []string {
	last := map[string]int{}
	for id, token := range vocab {
		last[token] = id
	}
	out := slices.Clone(vocab)
	for id, token := range vocab {
		if token == "" || last[token] != id {
			out[id] = fmt.Sprintf("[unused-doubled%d]", id)
		}
	}
	return out
}

// openWeights finds the weights and their names.
func (e *Encoder) openWeights() error {
	files, err := shardNames(e.Dir)
	if err != nil {
		return err
	}
	var names []string
	if len(files) > 0 {
		s, err := openShards(e.Dir, files)
		if err != nil {
			return err
		}
		names, e.float, e.close, e.Hash = slices.Sorted(maps.Keys(s.of)), s.float32, s.close, s.hash
	} else {
		path := filepath.Join(e.Dir, pickleFile)
		tensors, err := readPickle(path)
		if err != nil {
			return err
		}
		names = slices.Sorted(maps.Keys(tensors))
		e.float = func(name string) ([]float32, error) {
			v, err := values(tensors[name])
			if err != nil {
				err = fmt.Errorf("tensor %q: %w", name, err)
			}
			return v, err
		}
		if e.Hash, _, err = digest.File(path); err != nil {
			return err
		}
	}
	e.names = map[string]string{}
	for _, name := range names {
		if ours := modelName(name); ours != "" {
			if e.names[ours] != "" {
				return errors.Join(fmt.Errorf("%q and %q are the same tensor", name, e.names[ours]), e.close())
			}
			e.names[ours] = name
		}
	}
	return nil
}

// modelName is the name in package model of a tensor of BertModel, or of a
// BERT with a head; "" for those that the encoder does not use. Checkpoints
// that came from TensorFlow call norms' weight and bias gamma and beta.
func modelName(name string) string {
	name = strings.TrimPrefix(name, "bert.")
	if !strings.HasPrefix(name, "embeddings.") && !strings.HasPrefix(name, "encoder.") || strings.HasSuffix(name, "position_ids") {
		return ""
	}
	if rest, ok := strings.CutSuffix(name, "LayerNorm.gamma"); ok {
		name = rest + "LayerNorm.weight"
	} else if rest, ok := strings.CutSuffix(name, "LayerNorm.beta"); ok {
		name = rest + "LayerNorm.bias"
	}
	return "text." + name
}

// readPickle reads the state dictionary that PyTorch saved.
func readPickle(path string) (tensors map[string]*pytorch.Tensor, err error) {
	f, size, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	f.Close()
	if size > maxWeights {
		return nil, fmt.Errorf("pytorch_model.bin has %d bytes, at most %d are read", size, int64(maxWeights))
	}
	defer func() { // the library panics on some damaged files
		if r := recover(); r != nil {
			err = fmt.Errorf("pytorch_model.bin is damaged: %v", r)
		}
	}()
	if err := checkStorages(path, size); err != nil {
		return nil, fmt.Errorf("pytorch_model.bin: %w", err)
	}
	loaded, err := pytorch.Load(path)
	if err != nil {
		return nil, fmt.Errorf("pytorch_model.bin: %w", err)
	}
	tensors = map[string]*pytorch.Tensor{}
	put := func(key, value any) {
		name, isName := key.(string)
		if t, ok := value.(*pytorch.Tensor); ok && isName {
			tensors[name] = t
		}
	}
	switch d := loaded.(type) {
	case *types.OrderedDict:
		for key, entry := range d.Map {
			put(key, entry.Value)
		}
	case *types.Dict:
		for _, entry := range *d {
			put(entry.Key, entry.Value)
		}
	default:
		return nil, fmt.Errorf("pytorch_model.bin holds a %T, not a dictionary of tensors", loaded)
	}
	return tensors, nil
}

// values copies a tensor that PyTorch saved.
func values(t *pytorch.Tensor) ([]float32, error) {
	if len(t.Stride) != len(t.Size) {
		return nil, fmt.Errorf("bert: a tensor of pytorch_model.bin has %d sizes and %d strides", len(t.Size), len(t.Stride))
	}
	n, stride := 1, 1
	for i := len(t.Size) - 1; i >= 0; i-- {
		if t.Size[i] != 1 && t.Stride[i] != stride {
			return nil, errors.New("bert: a tensor of pytorch_model.bin is not contiguous")
		}
		if t.Size[i] < 0 || t.Size[i] > maxWeights/max(n, 1) {
			return nil, errors.New("bert: a tensor of pytorch_model.bin has a size that no tensor has")
		}
		n *= t.Size[i]
		stride *= t.Size[i]
	}
	var from []float32
	switch s := t.Source.(type) {
	case *pytorch.FloatStorage:
		from = s.Data
	case *pytorch.HalfStorage: // gopickle 0.2.0 reads subnormal halves wrong
		return nil, errors.New("bert: pytorch_model.bin is of half precision: save the encoder as model.safetensors, or in float32")
	case *pytorch.BFloat16Storage:
		from = s.Data
	default:
		return nil, fmt.Errorf("bert: a tensor of pytorch_model.bin is of %T, not of floats", s)
	}
	if t.StorageOffset < 0 || t.StorageOffset > len(from) || n > len(from)-t.StorageOffset {
		return nil, errors.New("bert: a tensor of pytorch_model.bin goes past the end of its storage")
	}
	return slices.Clone(from[t.StorageOffset : t.StorageOffset+n]), nil
}
