package site_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/prompt"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// saying is a way to name something, with what it means.
type saying struct {
	Label    string
	Say      []string
	Plain    string
	Measured bool
}

type vocabulary struct {
	Examples []string
	Groups   []struct {
		Title string
		Items []saying
	}
	Study, Absent []saying
}

func readVocabulary(t *testing.T) (v vocabulary) {
	t.Helper()
	text, err := os.ReadFile("app/vocabulary.json")
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVocabularyIsKnown checks that the page offers no word that the shipped
// model never read.
func TestVocabularyIsKnown(t *testing.T) {
	m, err := shipped.Open()
	if err != nil {
		t.Fatal(err)
	}
	list, err := m.Bytes(sampler.TensorWords)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, w := range strings.Fields(string(list)) {
		known[w] = true
	}
	v := readVocabulary(t)
	phrases := slices.Clone(v.Examples)
	all := slices.Concat(v.Study, v.Absent)
	for _, g := range v.Groups {
		all = append(all, g.Items...)
	}
	for _, s := range all {
		if s.Plain == "" {
			t.Errorf("%v is not explained", s.Say)
		}
		phrases = append(phrases, s.Say...)
	}
	for _, p := range phrases {
		if unknown := prompt.Unknown(p, known); len(unknown) > 0 {
			t.Errorf("%q has words that the model never read: %v", p, unknown)
		}
	}
}

// TestVocabularyIsComplete checks that the page explains exactly the findings
// of the grammar that wrote the captions, each by a phrase of it.
func TestVocabularyIsComplete(t *testing.T) {
	grammar := findings(t)
	for _, g := range readVocabulary(t).Groups {
		for _, item := range g.Items {
			if item.Label == "No Finding" {
				continue
			}
			phrases, ok := grammar[item.Label]
			if !ok {
				t.Errorf("the grammar has no finding %q, or the page has it twice", item.Label)
			}
			for _, say := range item.Say {
				if !slices.Contains(phrases, say) {
					t.Errorf("%s: no caption says %q", item.Label, say)
				}
			}
			delete(grammar, item.Label)
		}
	}
	for label := range grammar {
		t.Errorf("the page does not explain %s", label)
	}
}

// TestMeasuredFindings checks that the page offers to switch exactly those
// findings that the model is measured to draw: by the table of its card, the
// bounds of both AUCs, on real images and on generated ones, lie above chance.
func TestMeasuredFindings(t *testing.T) {
	card, err := os.ReadFile("../weights/default/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| ([a-z ]+) \| \d+ \| [\d.]+ \(([\d.]+) to [\d.]+\) \| [\d.]+ \(([\d.]+) to [\d.]+\) \| [\d.]+ \|$`).FindAllStringSubmatch(string(card), -1)
	if len(rows) < 10 {
		t.Fatalf("the card has %d findings", len(rows))
	}
	measured := map[string]bool{}
	for _, row := range rows {
		onReal, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		generated, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		measured[row[1]] = onReal > 0.5 && generated > 0.5
	}
	for _, g := range readVocabulary(t).Groups {
		for _, item := range g.Items {
			if item.Label == "No Finding" {
				continue
			}
			want, ok := measured[item.Say[0]]
			if !ok {
				t.Errorf("the card does not measure %q", item.Say[0])
			}
			if item.Measured != want {
				t.Errorf("%s: \"measured\" is %t, by the card it is %t", item.Label, item.Measured, want)
			}
		}
	}
}

// findings reads the grammar's source: phrases by label. The package itself is
// the trainer's, which nothing here imports.
func findings(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../trainer/dataset/findings.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	list := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "findings" {
			return true
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			label, texts := "", []string{}
			for _, field := range e.(*ast.CompositeLit).Elts {
				kv := field.(*ast.KeyValueExpr)
				ast.Inspect(kv.Value, func(n ast.Node) bool {
					l, ok := n.(*ast.BasicLit)
					if !ok || l.Kind != token.STRING {
						return true
					}
					s, err := strconv.Unquote(l.Value)
					if err != nil {
						t.Fatal(err)
					}
					if s = strings.NewReplacer("{", "", "}", "").Replace(s); kv.Key.(*ast.Ident).Name == "label" {
						label = s
					} else {
						texts = append(texts, s)
					}
					return true
				})
			}
			list[label] = texts
		}
		return false
	})
	if len(list) == 0 {
		t.Fatal("the grammar has no findings")
	}
	return list
}
