package dataset

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/specimen"
	"github.com/roentgo/roentgo/sampler/prompt"
)

const kermany = "Paediatric, one to five years (data set description). Normal."

var (
	effusion  = Record{View: "AP", Labels: []string{"Effusion", "Cardiomegaly"}, Sex: "F", Age: 61}
	pneumonia = Record{View: "PA", Labels: []string{"Pneumonia"}, Sex: "M", Age: 44}
	normal    = Record{View: "PA", Labels: []string{"No Finding"}, Sex: "M", Age: 30}
	covid     = Record{View: "AP", Labels: []string{"COVID-19"}, Sex: "M", Age: 50}
	child     = Record{View: "AP", Labels: []string{"Pneumonia"}, Report: kermany}
)

// viewWords are how captions state a view.
var viewWords = map[string]*regexp.Regexp{
	"PA": regexp.MustCompile(`\bPA\b|\bposteroanterior\b`),
	"AP": regexp.MustCompile(`\bAP\b|\banteroposterior\b`),
}

func TestCaption(t *testing.T) {
	known := map[string]bool{}
	for _, w := range KnownWords() {
		known[w] = true
	}
	distinct := map[string]bool{}
	for variant := range 500 {
		for i, r := range []Record{effusion, pneumonia, normal, covid, child} {
			text := Caption(r, 1, i, variant)
			distinct[text] = true
			if unknown := prompt.Unknown(text, known); len(unknown) > 0 {
				t.Fatalf("%q has the words %v, which KnownWords lacks", text, unknown)
			}
			if text != Caption(r, 1, i, variant) {
				t.Fatal("the same arguments gave two captions")
			}
			for view, words := range viewWords {
				if said := words.MatchString(text); said != (view == r.View) {
					t.Errorf("%q, of view %s, says %s: %t", text, r.View, view, said)
				}
			}
			if says := regexp.MustCompile(`(?i)\b(child|p(a)?ediatric|boy|girl|infant)\b`).MatchString(text); says != (r.Report != "") {
				t.Errorf("%q says child: %t", text, says)
			}
		}
		if text := Caption(effusion, 1, 0, variant); regexp.MustCompile(`normal (chest|heart|cardiac|study)|heart size is normal|heart is normal|lungs are clear| man\b`).MatchString(text) {
			t.Errorf("%q contradicts its record", text)
		}
		if text := Caption(normal, 1, 2, variant); strings.Contains(text, "there is a ") || strings.Contains(text, "woman") {
			t.Errorf("%q contradicts its record", text)
		}
		if text := Caption(covid, 1, 3, variant); strings.Contains(text, "clear") || strings.Contains(text, "normal") || strings.Contains(text, "no ") {
			t.Errorf("%q speaks of findings that are not known", text)
		}
		if text := Caption(child, 1, 4, variant); regexp.MustCompile(`\b(no|without)\b`).MatchString(text) {
			t.Errorf("%q denies what nobody looked for", text)
		}
	}
	if len(distinct) < 2000 {
		t.Errorf("2500 captions had %d texts: too little variety", len(distinct))
	}
}

// TestNoSideNoDegree checks that captions of images say what labels say, and no more.
func TestNoSideNoDegree(t *testing.T) {
	never := map[string]bool{}
	mark := func(said bool, lists ...[]string) {
		for _, list := range lists {
			for _, text := range list {
				for _, w := range prompt.Words(text) {
					never[w] = said
				}
			}
		}
	}
	mark(true, degrees, times, sides, deniedDegrees)
	for _, f := range findings { // "the heart is large" is a finding, not a degree
		mark(false, f.one, f.names, f.present, f.absent)
	}
	mark(false, normalNames, normalClauses, views["PA"], views["AP"], tens, []string{"to", "or", "and", "old"})
	mark(true, strings.Fields("left right bilateral unilateral mild moderate severe tiny trace massive marked extensive minimal slight possible probable likely covid"))
	for variant := range 300 {
		for i, r := range []Record{effusion, pneumonia, normal, covid, child} {
			text := Caption(r, 2, i, variant)
			for _, w := range prompt.Words(text) {
				if never[w] {
					t.Fatalf("%q says %q, which no label does", text, w)
				}
			}
			if age := regexp.MustCompile(`\d+`).FindAllString(text, -1); slices.ContainsFunc(age, func(s string) bool { return strings.TrimRight(s, "09") == s }) {
				t.Errorf("%q says an age, not a decade", text)
			}
		}
	}
}

// TestCaptionFacts checks that the facts of an image's caption are its labels,
// and that three captions of ten or so list all targets.
func TestCaptionFacts(t *testing.T) {
	full := 0
	for variant := range 400 {
		f := captionOf(effusion, 3, 0, variant).Facts
		if f.Claim(TopicEffusion) != Present || f.Claim(TopicCardiomegaly) != Present || f.View != "AP" || f.Sex == "M" || f.Decade != 0 && f.Decade != 7 || f.Child || f.Claim(TopicNormal) != Unsaid {
			t.Fatalf("%+v", f)
		}
		said := 0
		for i, c := range f.Claims {
			if c == Present && Topic(i+1) != TopicEffusion && Topic(i+1) != TopicCardiomegaly {
				t.Fatalf("%+v claims %s", f, Topic(i+1).Name())
			}
			if c != Unsaid {
				said++
			}
		}
		if said == 8 {
			full++
		}
		g := captionOf(pneumonia, 3, 1, variant).Facts
		for _, o := range []Topic{TopicConsolidation, TopicInfiltration, TopicEdema} {
			if g.Claim(o) != Unsaid {
				t.Fatalf("%+v speaks of %s beside pneumonia", g, o.Name())
			}
		}
		if h := captionOf(child, 3, 4, variant).Facts; !h.Child || h.Claim(TopicPneumonia) != Present || h.View != "AP" {
			t.Fatalf("%+v", h)
		}
		if h := captionOf(normal, 3, 2, variant).Facts; h.Claim(TopicNormal) != Present || h.Decade != 0 && h.Decade != 4 {
			t.Fatalf("%+v", h)
		}
	}
	if full < 90 || full > 150 {
		t.Errorf("%d of 400 captions list every target finding", full)
	}
}

func TestReported(t *testing.T) {
	for name, c := range map[string]struct {
		r    Record
		want bool
	}{
		"labels alone":                     {effusion, false},
		"a report":                         {Record{Report: "Clear lungs.", Labels: []string{"Effusion"}}, true},
		"a report of a child":              {Record{Report: "Pediatric chest. Clear lungs.", Labels: []string{"Effusion"}}, true},
		"a description":                    {child, false},
		"a description without our labels": {Record{Report: kermany, Labels: []string{"Opacity"}}, true},
	} {
		if got := c.r.Reported(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		if c.want && Caption(c.r, 1, 0, 0) != c.r.Report {
			t.Errorf("%s: the caption is not the report", name)
		}
	}
}

func TestVocabulary(t *testing.T) {
	data, err := os.ReadFile(specimen.Vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	bert := strings.Fields(string(data))
	vocab, err := Vocabulary(bert, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(vocab) < 1250 || len(vocab) > 1800 {
		t.Errorf("%d tokens", len(vocab))
	}
	if vocab, err = Vocabulary(bert, []string{"Cholecystectomy clips.", "clips"}); err != nil {
		t.Fatal(err)
	}
	tok, err := prompt.New(vocab, true, 128)
	if err != nil {
		t.Fatal(err)
	}
	unk := int32(slices.Index(vocab, "[UNK]"))
	for _, text := range slices.Concat(CaptionWords(), strings.Fields(wordList), []string{"cholecystectomy", "zqxj", "a!b~c"}) {
		ids, err := tok.Encode(text, false)
		if err != nil || slices.Contains(ids, unk) {
			t.Errorf("%q: ids %v, %v", text, ids, err)
		}
	}
	for text, want := range map[string]int{"pleural effusion": 2, "pneumothorax": 1, "cardiomegaly": 1, "atelectasis": 1, "consolidation": 1, "edema": 1, "emphysema": 1, "posteroanterior": 1, "hiatal hernia": 2} {
		if tokens, err := tok.Tokens(text, false); err != nil || len(tokens) != want+2 {
			t.Errorf("%q is %q, %v; want %d tokens", text, tokens, err, want)
		}
	}
}
