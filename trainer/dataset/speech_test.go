package dataset

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/prompt"
)

// TestSpeak compares the facts of fixed draws with those that a reader of English
// takes from their captions.
func TestSpeak(t *testing.T) {
	claims := func(present, denied string) (c [Claimed]Claim) {
		for i := range c {
			name := Topic(i + 1).Name()
			switch {
			case slices.Contains(strings.Fields(present), name):
				c[i] = Present
			case slices.Contains(strings.Fields(denied), name):
				c[i] = Denied
			}
		}
		return c
	}
	for _, c := range goldenSpeech {
		s := Speak(5, c.n)
		if s.Text() != c.text {
			t.Errorf("caption %d is %q, want %q: where the grammar has changed, read the caption and write it here with its facts", c.n, s.Text(), c.text)
			continue
		}
		if want := (Facts{claims(c.present, c.denied), c.view, c.sex, c.decade, c.child}); s.Facts != want {
			t.Errorf("%q: %+v, want %+v", c.text, s.Facts, want)
		}
	}
}

// TestTopics checks that each claim of a caption has words that speak of it,
// and no other topic has.
func TestTopics(t *testing.T) {
	for n := range 3000 {
		s := Speak(7, n)
		said := map[Topic]bool{}
		for _, w := range s.Words {
			said[w.Topic] = true
		}
		for topic := TopicEffusion; topic <= TopicNormal; topic++ {
			if (s.Facts.Claim(topic) != Unsaid) != said[topic] {
				t.Fatalf("%q: %s is claimed %d, words speak of it: %t", s.Text(), topic.Name(), s.Facts.Claim(topic), said[topic])
			}
		}
		if (s.Facts.View != "") != said[TopicView] {
			t.Fatalf("%q: view %q, words speak of it: %t", s.Text(), s.Facts.View, said[TopicView])
		}
		if len(s.Words) > MaxSpoken+10 {
			t.Errorf("%d words: %q", len(s.Words), s.Text())
		}
	}
}

// TestVariety counts, over many captions, what the text encoder must see.
func TestVariety(t *testing.T) {
	const total = 4000
	var texts []string
	counts := map[string]int{}
	distinct := map[string]bool{}
	for n := range total {
		s := Speak(11, n)
		text := strings.ToLower(s.Text())
		texts = append(texts, text)
		distinct[text] = true
		for i, c := range s.Facts.Claims {
			if c == Present {
				counts["+"+Topic(i+1).Name()]++
			} else if c == Denied {
				counts["-"+Topic(i+1).Name()]++
			}
		}
	}
	if len(distinct) < total*95/100 {
		t.Errorf("%d captions of %d differ", len(distinct), total)
	}
	for i := range findings {
		for _, sign := range []string{"+", "-"} {
			if n := counts[sign+findings[i].label]; n < total/40 {
				t.Errorf("%s%s in %d captions of %d", sign, findings[i].label, n, total)
			}
		}
	}
	for _, form := range []string{"no evidence of", "without", "ruled out", "negative for", "free of", "neither", "resolved", "not enlarged", "possible", "ptx", "chf", "w/", "w/o", "y/o", "cxr", "copd", "big heart", "oedema", "tumour", "left", "severe", "impression:", "intact"} {
		if !slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, form) }) {
			t.Errorf("no caption says %q", form)
		}
	}
}

// TestHeldOut checks that no caption, of an image or of random facts, has a
// name that is held out.
func TestHeldOut(t *testing.T) {
	var held []string
	for _, f := range findings {
		if len(f.held) < 2 {
			t.Errorf("%s: %d names are held out", f.label, len(f.held))
		}
		for _, name := range f.held {
			held = append(held, name)
			for _, list := range [][]string{f.one, f.names, f.more, f.present, f.absent} {
				if slices.ContainsFunc(list, func(s string) bool { return strings.Contains(strings.NewReplacer("{", "", "}", "").Replace(s), name) }) {
					t.Errorf("%s: %q is held out, and used", f.label, name)
				}
			}
		}
	}
	pattern := regexp.MustCompile(strings.Join(held, "|"))
	for n := range 20000 {
		d := &writer{seed: 1, image: uint32(n), stream: streamSpeech, loose: true}
		if text := strings.ToLower(d.speak().Text()); pattern.MatchString(text) {
			t.Fatalf("%q says %q, which is held out", text, pattern.FindString(text))
		}
	}
	if n := len(HeldOut()); n < 14*2*7 {
		t.Errorf("%d texts of names that are held out", n)
	}
	known := map[string]bool{}
	for _, w := range CaptionWords() {
		known[w] = true
	}
	for _, name := range held { // what is held out are names, not words
		if unknown := prompt.Unknown(name, known); len(unknown) > 0 {
			t.Errorf("%q has the words %q, which no caption has", name, unknown)
		}
	}
}

func TestMistyped(t *testing.T) {
	same := 0
	for n := range 400 {
		d := &writer{seed: 3, image: uint32(n)}
		got := d.mistyped("effusion")
		if got == "effusion" {
			same++
		}
		if got[0] != 'e' && got[1] != 'e' && len(got) > 8 || len(got) < 7 || len(got) > 9 {
			t.Errorf("effusion became %q", got)
		}
		for _, keep := range []string{"no", "PA", "54-year", "X-ray", "man"} {
			if got := d.mistyped(keep); got != keep {
				t.Errorf("%s became %q", keep, got)
			}
		}
	}
	if same > 60 { // "ff" swapped, or a letter replaced by itself
		t.Errorf("%d of 400 words are not mistyped", same)
	}
}

// TestKnownWords checks that the words of what no label says are not among those
// that an image can show.
func TestKnownWords(t *testing.T) {
	known := KnownWords()
	for word, want := range map[string]bool{
		"effusion": true, "pneumothorax": true, "no": true, "showing": true, "pa": true, "woman": true, "of": true, "70": true,
		"left": false, "right": false, "bilateral": false, "severe": false, "mild": false, "pacemaker": false, "fracture": false, "scoliosis": false,
	} {
		if slices.Contains(known, word) != want {
			t.Errorf("%q is known: %t", word, !want)
		}
		if !slices.Contains(CaptionWords(), word) {
			t.Errorf("no caption has %q", word)
		}
	}
}
