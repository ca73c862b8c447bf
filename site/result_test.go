package site_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// TestSettingsAreShort checks that a visitor sees few settings, and the others
// under More.
func TestSettingsAreShort(t *testing.T) {
	p := loaded(t)
	p.Must(`document.getElementById("settings").open = true;`, nil)
	for id, more := range map[string]bool{"seed": false, "count": false, "guidance": false, "negative": false,
		"steps": true, "sampler": true, "guidanceLow": true, "guidanceHigh": true, "spacing": true, "rescale": true, "eta": true, "truncate": true} {
		p.want(fmt.Sprintf(`document.getElementById(%q).checkVisibility() === %t`, id, !more))
	}
	p.Must(`document.querySelector(".more").open = true;`, nil)
	p.want(`document.getElementById("steps").checkVisibility()`)
	p.Must(`document.querySelector(".more").open = document.getElementById("settings").open = false;`, nil)
}

// TestReturnsToTheLastImage opens the page once more: the newest image is there
// without a click.
func TestReturnsToTheLastImage(t *testing.T) {
	p := loaded(t)
	p.make("the one before", "30", 1, 1)
	p.make("the last one", "31", 1, 1)
	q := open(t, browsertest.Shared(t), public.URL+"/")
	q.wait(`document.querySelector("#sheet img")?.alt === "Synthetic chest X-ray: the last one, seed 31"`)
	q.want(`document.querySelector("#sheet img").checkVisibility() && document.getElementById("welcome").hidden && document.getElementById("idle").hidden`)
	if got := q.text("details-prompt"); got != "the last one" {
		t.Errorf("the details are those of %q", got)
	}
	q.wait(ready)
}

// TestSharedLink follows a link on a first visit, on a phone: one button makes
// what it shows.
func TestSharedLink(t *testing.T) {
	b := browsertest.Open(t)
	h := serve(built)
	defer h.Close()
	p := open(t, b, h.URL+"/#prompt=PA+chest+x-ray.+pleural+effusion&seed=42&steps=2&guidance=1")
	p.size(360, 740, 1)
	p.wait(`!document.getElementById("invitation").hidden`)
	if got := p.text("invitation-prompt"); got != "PA chest x-ray. pleural effusion" {
		t.Errorf("the link is shown as %q", got)
	}
	if got := p.text("invitation-settings"); got != "seed 42 · 2 steps · guidance 1" {
		t.Errorf("its settings are shown as %q", got)
	}
	if got := p.text("invitation-fine"); !strings.Contains(got, "downloads 1") {
		t.Errorf("of the download it says %q", got)
	}
	p.want(`document.getElementById("welcome").hidden`)
	p.want(`(() => { const b = document.getElementById("invitation-make").getBoundingClientRect(); return b.height >= 60 && b.top > 0 && b.bottom < innerHeight; })()`)
	p.click("#invitation-make")
	p.wait(`document.getElementById("announcer").textContent === "The image is ready. Seed 42."`)
	p.want(`document.getElementById("invitation").hidden`)
	p.want(chosen + `.alt === "Synthetic chest X-ray: PA chest x-ray. pleural effusion, seed 42"`)
	p.wait(`(() => { const i = ` + chosen + `.getBoundingClientRect(); return i.top >= 0 && i.top < innerHeight / 2; })()`)

	// The next link comes to a page that is open, and a visitor changes the words.
	p.Must(`location.hash = "prompt=%3Cb%3Ecardiomegaly%3C/b%3E&seed=8";`, nil)
	p.wait(`!document.getElementById("invitation").hidden`)
	if got := p.text("invitation-prompt"); got != "<b>cardiomegaly</b>" {
		t.Errorf("the link is shown as %q", got)
	}
	p.want(`document.getElementById("sheet").hidden && document.getElementById("invitation-fine").textContent === ""`)
	p.Must(`document.getElementById("prompt").focus();`, nil)
	p.key(".")
	p.wait(`document.getElementById("invitation").hidden`)
	p.want(`!document.getElementById("idle").hidden`)
}

// TestErrorsAreBesideTheField has a value of each field wrong, then mended.
func TestErrorsAreBesideTheField(t *testing.T) {
	p := loaded(t)
	p.Must(`for (const d of document.querySelectorAll("#request details")) d.open = true;`, nil)
	for _, c := range []struct{ id, wrong, right, says string }{
		{"steps", "1001", "15", "Write a whole number from 1 to 1000."},
		{"steps", "2.5", "15", "Write a whole number from 1 to 1000."},
		{"guidance", "", "2", "Write a number from 1 to 100."},
		{"count", "17", "1", "Write a whole number from 1 to 16."},
		{"seed", "12a", "", "Write a whole number from 0 to 18446744073709551615, or leave it empty."},
		{"seed", "18446744073709551616", "7", "Write a whole number from 0 to 18446744073709551615, or leave it empty."},
		{"rescale", "2", "0", "Write a number from 0 to 1."},
		{"eta", "-1", "0", "Write a number from 0 to 1."},
	} {
		p.set(c.id, c.wrong)
		if got := p.text(c.id + "-error"); got != c.says {
			t.Errorf("beside %s = %q it says %q, want %q", c.id, c.wrong, got, c.says)
		}
		p.want(fmt.Sprintf(`(document.getElementById(%q).ariaInvalid === "true") === %t`, c.id, c.says != ""))
		p.set(c.id, c.right)
		p.want(fmt.Sprintf(`document.getElementById("%s-error").textContent === "" && document.getElementById(%[1]q).ariaInvalid === null`, c.id))
	}
	p.set("guidanceLow", "500")
	p.set("guidanceHigh", "100")
	if got := p.text("guidanceHigh-error"); got != "Write a timestep above 500, or 0 for the last one." {
		t.Errorf("of an interval that falls it says %q", got)
	}
	p.set("guidanceLow", "0") // the other end mends it too
	p.want(`document.getElementById("guidanceHigh-error").textContent === ""`)

	// While one types, an error waits until the field is left.
	p.Must(`const e = document.getElementById("steps"); e.focus(); e.select();`, nil)
	p.key("0")
	p.want(`document.getElementById("steps-error").textContent === ""`)
	p.Must(`document.getElementById("steps").blur();`, nil)
	p.want(`document.getElementById("steps-error").textContent !== ""`)
	p.set("steps", "1")

	// What only the library knows: a prompt of too many tokens.
	p.set("prompt", strings.TrimSpace(strings.Repeat("effusion ", 200)))
	p.click("#make")
	p.wait(`document.getElementById("prompt-error").textContent !== ""`)
	if got := p.text("prompt-error"); !strings.HasPrefix(got, "The prompt has 202 tokens; the model reads 128.") {
		t.Errorf("beside the prompt it says %q", got)
	}
	p.want(`document.activeElement.id === "prompt" && document.getElementById("prompt").ariaInvalid === "true"`)
	p.want(`document.getElementById("problem").textContent === "" && document.getElementById("note").textContent === ""`)
	p.set("prompt", "effusion")
	p.want(`document.getElementById("prompt-error").textContent === "" && document.getElementById("prompt").ariaInvalid === null`)
	p.set("prompt", strings.TrimSpace(strings.Repeat("effusion ", 200)))
	p.click("#make")
	p.click("#prompt-error button") // cut it
	p.wait(`document.getElementById("announcer").textContent.startsWith("The image is ready")`)
	p.want(`document.getElementById("prompt-error").textContent === ""`)
	p.click("#reset")
}

// TestCutPasteSaysSo pastes more than fits.
func TestCutPasteSaysSo(t *testing.T) {
	p := loaded(t)
	p.set("prompt", "PA view. ")
	p.paste("prompt", strings.Repeat("the lungs are clear. ", 100))
	p.wait(`document.getElementById("prompt-error").textContent !== ""`)
	if got := is[string](p, `document.getElementById("prompt").value`); len(got) != 2000 {
		t.Errorf("the prompt has %d characters", len(got))
	}
	if got, want := p.text("prompt-error"), "At most 2,000 characters fit here. The last 109 are left out: “ar. the lungs are clear. the lungs are c…”."; strings.Join(strings.Fields(got), " ") != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	p.Must(`document.getElementById("prompt").setSelectionRange(0, 500);`, nil)
	p.paste("prompt", "PA view. ")
	p.wait(`document.getElementById("prompt-error").textContent === ""`)
}

// TestNoSuccessBesideFailure has a success follow a failure, and the reverse.
func TestNoSuccessBesideFailure(t *testing.T) {
	p := loaded(t)
	p.make("pleural effusion", "3", 1, 1)
	p.want(`document.getElementById("announcer").textContent.startsWith("The image is ready")`)
	p.drop([]byte("%PDF-1.7"))
	p.wait(`document.getElementById("problem").textContent !== ""`)
	p.want(`document.getElementById("note").textContent === "" && document.getElementById("announcer").textContent === ""`)
	p.click("#use")
	p.wait(`document.getElementById("note").textContent !== ""`)
	p.want(`document.getElementById("problem").textContent === ""`)
}

// TestTypoOffersTheKnownWord takes the words that the page offers.
func TestTypoOffersTheKnownWord(t *testing.T) {
	p := loaded(t)
	offers := `[...document.querySelectorAll("#prompt-unknown button")].map(b => b.textContent)`
	p.set("prompt", "Plueral efusion, no giraffe. Efusion")
	p.wait(offers + `.join() === "Did you mean “pleural”?,Did you mean “effusion”?"`)
	p.click("#prompt-unknown button:nth-child(2)")
	p.want(`document.getElementById("prompt").value === "Plueral effusion, no giraffe. Effusion" && document.activeElement.id === "prompt"`)
	p.wait(offers + `.join() === "Did you mean “pleural”?"`)
	p.click("#prompt-unknown button")
	p.wait(offers + `.length === 0`)
	if got := p.text("prompt-unknown"); got != "The model has not learned “giraffe” and may ignore it." {
		t.Errorf("of the word without a neighbour it says %q", got)
	}
}
