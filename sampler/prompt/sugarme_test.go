package prompt_test

import (
	"slices"
	"strings"
	"testing"

	whole "github.com/sugarme/tokenizer"
	"github.com/sugarme/tokenizer/model"
	"github.com/sugarme/tokenizer/model/wordpiece"
	"github.com/sugarme/tokenizer/normalizer"
	"github.com/sugarme/tokenizer/pretokenizer"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// sugarme returns the ids that the whole of sugarme/tokenizer gives a text, between
// [CLS] and [SEP]. The package itself uses only the part of it that does not
// download files, which would link HTTP and TLS into every program.
func sugarme(t testing.TB, vocab []string) func(text string) []int32 {
	t.Helper()
	ids := model.Vocab{}
	for id, token := range vocab {
		ids[token] = id
	}
	pipeline := whole.NewTokenizer(wordpiece.NewWordPieceBuilder().Vocab(&ids).UnkToken("[UNK]").Build())
	pipeline.WithNormalizer(normalizer.NewBertNormalizer(true, false, true, false))
	pipeline.WithPreTokenizer(pretokenizer.NewBertPreTokenizer())
	return func(text string) []int32 {
		text = prompt.Normalize(text)
		if text == "" {
			return nil
		}
		e, err := pipeline.Encode(whole.NewSingleEncodeInput(whole.NewInputSequence(text)), false)
		if err != nil {
			t.Fatal(err)
		}
		list := []int32{int32(ids["[CLS]"])}
		for _, id := range e.GetIds() {
			list = append(list, int32(id))
		}
		return append(list, int32(ids["[SEP]"]))
	}
}

// FuzzSugarme compares our WordPiece with sugarme/tokenizer's.
func FuzzSugarme(f *testing.F) {
	for _, text := range written {
		f.Add(text)
	}
	for _, text := range hostile(written[1]) {
		f.Add(text)
	}
	for _, n := range []int{99, 100, 101, 102} { // about the longest word
		f.Add(strings.Repeat("a", n) + " " + strings.Repeat("é", n))
	}
	f.Add("##a # ## chest## [chest] ch-est 胸chest，胸胸")
	vocab := append(samplertest.Vocabulary(512), "é", "##é", "胸", "##", "ches", "##t##")
	tok, err := prompt.New(vocab, false, 1<<20)
	if err != nil {
		f.Fatal(err)
	}
	reference := sugarme(f, vocab)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			t.Skip() // the reference's time grows with the square of the length
		}
		got, err := tok.Encode(text, false)
		if err != nil {
			t.Fatal(err)
		}
		if want := reference(text); !slices.Equal(got, want) {
			t.Errorf("%q (normalized %q):\ngot  %v\nwant %v", text, prompt.Normalize(text), got, want)
		}
	})
}
