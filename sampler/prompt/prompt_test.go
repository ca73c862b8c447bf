package prompt_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/internal/specimen"
	"github.com/roentgo/roentgo/sampler/prompt"
)

//go:embed testdata/tokenize.py
var tokenizePy string

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		" a  b\t\r\nc ":                "a b c",
		"a\u00a0b\u2003c\u3000d":       "a b c d",
		"\ufeffa\u200bb\u00adc":        "abc",
		"a\xff\xfeb\xc3":               "ab",
		"a\x00b\x1bc":                  "abc",
		"\ue000a\U000f0000":            "a",
		"[CLS] a [SEP][SEP] b":         "a b",
		"[C[SEP]LS] a":                 "[C LS] a", // a literal leaves a space
		"[MA[PAD]SK]b[UNK]":            "[MA SK]b",
		"[cls] [brackets]":             "[cls] [brackets]",
		"É œdème 胸":                    "É œdème 胸",
		"e\u0301 e\u200d\u0301":        "é é",
		"x\u2011ray x–ray x−ray":       "x-ray x-ray x-ray",
		"“enlarged” patient’s «heart»": `"enlarged" patient's "heart"`,
		"no effusion。normal、clear":     "no effusion. normal, clear",
		"ｅｆｆｕｓｉｏｎ，（ＲＬＬ）５％！":            "effusion,(RLL)5%!",
		"opaci\ufb01ed … ½":            "opacified ... 1/2",
		"［ＣＬＳ］ a":                      "a",
		strings.Repeat("[SEP]", 10000): "",
	} {
		if got := prompt.Clean(text); got != want {
			t.Errorf("Clean(%.40q) = %.40q, want %q", text, got, want)
		}
	}
}

func TestNormalize(t *testing.T) {
	for text, want := range map[string]string{
		"RLL PNA w/ small PTX.":                 "right lower lobe pneumonia with small pneumothorax.",
		"no effusion, w/o edema, b/l nodules":   "no effusion, without edema, bilateral nodules",
		"Normal chest x-XXXX.":                  "Normal chest x-.",
		"XXXX XXXX. No pneumothorax.":           "No pneumothorax.",
		"a 5 mm nodule, 2.3 x 4 cm mass":        "a nodule, mass",
		"There is no XXXX of a pleural":         "There is no of a pleural",
		"full. . text ,, more":                  "full. text, more",
		"CURL and TBS are not abbreviations":    "CURL and TBS are not abbreviations",
		"Effusion in the RUL, and in the LUL":   "Effusion in the right upper lobe, and in the left upper lobe",
		"heart size within normal limits (WNL)": "heart size within normal limits",
	} {
		if got := prompt.Normalize(text); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", text, got, want)
		}
		if twice := prompt.Normalize(want); twice != want {
			t.Errorf("Normalize(%q) = %q: a normalized text changes", want, twice)
		}
	}
}

func tokenizer(t testing.TB, max int) *prompt.Tokenizer {
	t.Helper()
	tok, err := prompt.New(samplertest.Vocabulary(512), true, max)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestEncode(t *testing.T) {
	vocab := samplertest.Vocabulary(512)
	tok := tokenizer(t, 6)
	tokens := func(ids []int32) string {
		var list []string
		for _, id := range ids {
			list = append(list, vocab[id])
		}
		return strings.Join(list, " ")
	}
	for text, want := range map[string]string{
		"":                   "",
		" \t[SEP] XXXX":      "",
		"Pleural EFFUSION":   "[CLS] pleural effusion [SEP]",
		"\u0301":             "", // an accent without a letter
		"Ⱦ":                  "[CLS] [UNK] [SEP]",
		"no chést 胸":         "[CLS] no chest [UNK] [SEP]",
		"che\u0301st。":       "[CLS] chest . [SEP]",
		"ｃｈｅｓｔ，ｒａｙ":          "[CLS] chest , ray [SEP]",
		"normal chest, ray.": "", // one too many
	} {
		ids, err := tok.Encode(text, false)
		if text == "normal chest, ray." {
			if !errors.Is(err, prompt.ErrTooLong) || !strings.Contains(err.Error(), "7 tokens, the model takes 6") {
				t.Errorf("%q: %v", text, err)
			}
			if ids, err = tok.Encode(text, true); err != nil || tokens(ids) != "[CLS] normal chest , ray [SEP]" {
				t.Errorf("%q cut: %q, %v", text, tokens(ids), err)
			}
			continue
		}
		if err != nil || tokens(ids) != want {
			t.Errorf("%q: %q, %v, want %q", text, tokens(ids), err, want)
		}
	}
	if _, err := tok.Encode(strings.Repeat("a", prompt.MaxBytes+1), true); !errors.Is(err, prompt.ErrTooLong) {
		t.Errorf("a huge text: %v", err)
	}
}

func TestVocabularies(t *testing.T) {
	good := samplertest.Vocabulary(200)
	for name, c := range map[string]struct {
		vocab []string
		max   int
	}{
		"empty":        {nil, 10},
		"twice":        {append(slices.Clone(good), "chest"), 10},
		"empty token":  {append(slices.Clone(good), ""), 10},
		"no [UNK]":     {slices.DeleteFunc(slices.Clone(good), func(s string) bool { return s == "[UNK]" }), 10},
		"two tokens":   {good, 2},
		"minus tokens": {good, -1},
	} {
		if _, err := prompt.New(c.vocab, true, c.max); !errors.Is(err, prompt.ErrVocab) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknown(t *testing.T) {
	known := map[string]bool{"pleural": true, "effusion": true, "x-ray": true, "left": true}
	got := prompt.Unknown("Pleural effusion, foobar; X-ray -- foobar (baz) left-", known)
	if !slices.Equal(got, []string{"foobar", "baz"}) {
		t.Errorf("unknown words %q", got)
	}
	for text, want := range map[string][]string{
		"Pléural e\u0301ffusion of the left’s x‑ray": {"of", "the"},
		"“pleural” effusion。Left（x–ray）／50%":         {"50"},
		"😀":                     {"😀"},
		"???":                   {"???"},
		"effusion😀 left ???":    {"😀", "???"},
		"XXXX, 5 mm [SEP] -- .": nil,
	} {
		if got := prompt.Unknown(text, known); !slices.Equal(got, want) {
			t.Errorf("of %q %q are unknown, want %q", text, got, want)
		}
	}
}

// reports returns the texts of every report of Open-i.
func reports(t *testing.T) []string {
	t.Helper()
	file, err := os.Open(need.Data(t, "openi", "NLMCXR_reports.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".xml") {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		var report struct {
			Texts []string `xml:"MedlineCitation>Article>Abstract>AbstractText"`
		}
		if err := xml.Unmarshal(data, &report); err != nil {
			t.Fatalf("%s: %v", h.Name, err)
		}
		texts = append(texts, strings.Join(report.Texts, " "))
		texts = append(texts, report.Texts...)
	}
}

// hostile makes hostile texts of a good one, of every class that tokenizers
// are known to differ on.
func hostile(text string) []string {
	words := strings.Fields(text)
	return []string{
		strings.Join(words, "\u00a0"), strings.Join(words, "\u2003"), strings.Join(words, "\u3000 "), strings.Join(words, "\u2028"),
		"\ufeff" + text, "\u200b" + text, strings.Join(words, "\u200d"), text + "\x00\x01\x7f",
		text + "\xff", "\xc3\x28" + text, strings.ReplaceAll(text, "e", "\xe9"),
		"[CLS] " + text + " [SEP] [MASK][PAD] [UNK]", "[[CLS]SEP]" + text, strings.ReplaceAll(text, " ", " [SEP] "),
		strings.ReplaceAll(text, "e", "é"), strings.ReplaceAll(text, "a", "a\u0301"), strings.ToUpper(text),
		strings.ReplaceAll(text, " ", "胸"), strings.ReplaceAll(text, ".", "…—“”"), text + " 😀 ß ﬁ Ⅳ ȺȾ İ Σας",
		strings.ReplaceAll(text, " ", ""), "\ue000\U000e0001" + text, "§±µ" + text, text + strings.Repeat("!", 50),
	}
}

// written are reports of ours, with what reports are full of.
var written = []string{
	"The heart is normal in size. The lungs are clear. No pleural effusion or pneumothorax.",
	"1. Stable cardiomegaly. 2. RLL opacity, 1.9 x 1.8 cm, w/ air bronchograms; cannot exclude pneumonia.",
	"PA & lateral views: hyperexpanded lungs, flattened diaphragms (COPD). No focal consolidation!",
	"S/P CABG; median sternotomy wires intact. Aorta: tortuous/calcified.",
	"XXXX-year-old male with dyspnea. Comparison: XXXX. No acute cardiopulmonary abnormality identified.",
	"Thoracolumbar dextroscoliosis, 50% wedge deformity of T12. Cholecystectomy clips.",
	"AP PORTABLE CHEST. ET TUBE 4 CM ABOVE CARINA. BIBASILAR ATELECTASIS.",
	"", " ", "...", "No.",
}

// TestHuggingFace compares ids with those of the tokenizers library, on reports
// of ours and on hostile texts made of them.
func TestHuggingFace(t *testing.T) {
	likeHuggingFace(t, written)
}

// TestHuggingFaceOnOpenI does so on every report of Open-i.
func TestHuggingFaceOnOpenI(t *testing.T) {
	texts := reports(t)
	if len(texts) < 10000 {
		t.Fatalf("%d texts of reports", len(texts))
	}
	likeHuggingFace(t, texts)
}

func likeHuggingFace(t *testing.T, texts []string) {
	t.Helper()
	python := need.Python(t, "tokenizers")
	vocabFile := specimen.Vocabulary()
	data, err := os.ReadFile(vocabFile)
	if err != nil {
		t.Fatal(err)
	}
	vocab := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i < len(texts); i += max(len(texts)/300, 1) {
		if strings.TrimSpace(texts[i]) != "" {
			texts = append(texts, hostile(texts[i])...)
		}
	}
	script := filepath.Join(t.TempDir(), "tokenize.py")
	if err := os.WriteFile(script, []byte(tokenizePy), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, lowercase := range []bool{false, true} {
		tok, err := prompt.New(vocab, lowercase, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		var input bytes.Buffer
		lines := json.NewEncoder(&input)
		for _, text := range texts {
			lines.Encode(prompt.Normalize(text))
		}
		argument := "cased"
		if lowercase {
			argument = "lowercase"
		}
		cmd := exec.CommandContext(t.Context(), python, script, vocabFile, argument)
		cmd.Stdin, cmd.Stderr = &input, os.Stderr
		output, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		answers := bufio.NewScanner(bytes.NewReader(output))
		answers.Buffer(nil, 1<<22)
		different := 0
		for _, text := range texts {
			if !answers.Scan() {
				t.Fatal("too few answers")
			}
			var want []int32
			if err := json.Unmarshal(answers.Bytes(), &want); err != nil {
				t.Fatal(err)
			}
			if len(want) == 2 {
				want = nil // [CLS] [SEP] alone is our null condition
			}
			got, err := tok.Encode(text, false)
			if err != nil || !slices.Equal(got, want) {
				if different++; different < 10 {
					t.Errorf("%s: %q\ngot  %v (%v)\nwant %v", argument, prompt.Normalize(text), got, err, want)
				}
			}
		}
		t.Logf("%s: %d of %d texts differ", argument, different, len(texts))
	}
}

func FuzzEncode(f *testing.F) {
	for _, text := range hostile("No pleural effusion. RLL PNA w/ 5 mm nodule, XXXX.") {
		f.Add(text)
	}
	tok := tokenizer(f, 64)
	f.Fuzz(func(t *testing.T, text string) {
		clean := prompt.Clean(text)
		if !utf8.ValidString(clean) || prompt.Clean(clean) != clean {
			t.Errorf("Clean(%q) = %q, which is not clean", text, clean)
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			if !errors.Is(err, prompt.ErrTooLong) || len(text) <= prompt.MaxBytes {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if len(ids) > 64 || len(ids) == 1 || len(ids) == 2 {
			t.Errorf("%q: %d ids", text, len(ids))
		}
		for _, id := range ids {
			if id < 0 || int(id) >= tok.Size() {
				t.Errorf("%q: id %d", text, id)
			}
		}
	})
}

// FuzzVocabulary makes tokenizers of any list of tokens, and has them read a
// text: an error, or ids of the list.
func FuzzVocabulary(f *testing.F) {
	special := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
	f.Add(special+"a\n##a\nno\neffusion", "no effusion aaa", 16, true)
	f.Add(special+"##\n#\n###\n \n\u202e", "## # ###", 3, false)
	f.Add("[PAD]\n[UNK]\n[CLS]", "x", 4, true)
	f.Add(special+special, "[CLS] [SEP] [PAD]", 5, true)
	f.Add(special+"\xff\n\x00\n\x1b[31m", "\xff \x00 \x1b[31m", 8, false)
	f.Add(special+strings.Repeat("x", 300), strings.Repeat("x", 300), 512, true)
	f.Fuzz(func(t *testing.T, vocabulary, text string, max int, lowercase bool) {
		list := strings.Split(vocabulary, "\n")
		tok, err := prompt.New(list, lowercase, max)
		if err != nil {
			if !errors.Is(err, prompt.ErrVocab) {
				t.Fatalf("error %v is no ErrVocab", err)
			}
			return
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			if !errors.Is(err, prompt.ErrTooLong) {
				t.Fatalf("error %v is no ErrTooLong", err)
			}
			return
		}
		if len(ids) > max {
			t.Fatalf("%d tokens, at most %d are allowed", len(ids), max)
		}
		for _, id := range ids {
			if id < 0 || int(id) >= len(list) {
				t.Fatalf("id %d of %d", id, len(list))
			}
		}
	})
}
