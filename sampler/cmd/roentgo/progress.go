package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/roentgo/roentgo/internal/peak"
	"github.com/roentgo/roentgo/internal/terminal"
	"github.com/roentgo/roentgo/sampler"
)

// safeJSON writes JSON lines that hold nothing a terminal would obey.
type safeJSON struct{ io.Writer }

func (w safeJSON) Write(line []byte) (int, error) {
	if _, err := w.Writer.Write(terminal.JSON(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// reporter prints how a run goes: a bar on a terminal, plain lines elsewhere,
// and, where asked, JSON lines on the standard output.
type reporter struct {
	json   *json.Encoder // nil: no JSON
	stderr io.Writer
	width  func() int // of the terminal, in characters; nil: stderr is none that can redraw a line
	spoken time.Time
	stdout io.Writer
	drawn  bool
	said   map[string]bool
	begun  time.Time
	made   int // images
}

func newReporter(asJSON bool, stdout, stderr io.Writer) *reporter {
	r := &reporter{stderr: stderr, stdout: stdout, said: map[string]bool{}}
	if asJSON {
		r.json = json.NewEncoder(safeJSON{stdout})
	}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		r.width = func() int {
			w, _, err := term.GetSize(int(f.Fd()))
			if err != nil || w <= 0 {
				return usualWidth
			}
			return w
		}
	}
	return r
}

// event is a JSON line.
type event struct {
	Event     string   `json:"event"` // start, step, image, unknown_words, end
	Device    string   `json:"device,omitempty"`
	Model     string   `json:"model_sha256,omitempty"`
	Image     int      `json:"image,omitempty"` // from 1
	Images    int      `json:"images,omitempty"`
	Step      int      `json:"step,omitempty"`
	Steps     int      `json:"steps,omitempty"`
	Elapsed   float64  `json:"elapsed_s,omitempty"`
	Remaining float64  `json:"remaining_s,omitempty"`
	File      string   `json:"file,omitempty"`
	Seed      string   `json:"seed,omitempty"`
	Words     []string `json:"words,omitempty"`
	PerHour   float64  `json:"images_per_hour,omitempty"` // on one core, or on the GPU
	PeakMB    float64  `json:"peak_mb,omitempty"`         // of memory, 10⁶ bytes
}

func (r *reporter) emit(e event) {
	if r.json != nil {
		r.json.Encode(e)
	}
}

func (r *reporter) start(s *sampler.Sampler) {
	r.begun = time.Now()
	r.emit(event{Event: "start", Device: s.Device(), Model: s.ModelHash()})
	if r.json == nil {
		fmt.Fprintln(r.stderr, "sampling on", s.Device())
	}
}

// maxPath is how many characters a path has at most, on every usual system.
const maxPath = 4096

const (
	usualWidth = 80 // of a terminal that does not say
	barWidth   = 30 // characters of the bar, where there is room
	leastBar   = 5  // of one that says something
)

// bar is a line of less than width characters: in the last column some
// terminals begin another line.
func bar(width, step, steps int, text string) string {
	room := width - 1 - len("[] ") - utf8.RuneCountInString(text)
	if n := min(room, barWidth); n >= leastBar {
		done := n * step / steps
		text = fmt.Sprintf("[%s%s] %s", strings.Repeat("#", done), strings.Repeat("-", n-done), text)
	}
	if characters := []rune(text); len(characters) >= width {
		text = string(characters[:max(width-1, 0)])
	}
	return text
}

func (r *reporter) progress(p sampler.Progress) {
	image, of := p.Image+1, p.Images
	r.emit(event{Event: "step", Image: image, Images: of, Step: p.Step, Steps: p.Steps,
		Elapsed: p.Elapsed.Seconds(), Remaining: p.Remaining.Seconds()})
	if r.json != nil {
		return
	}
	left := ""
	if p.Remaining > 0 {
		left = ", " + p.Remaining.Round(100*time.Millisecond).String() + " left"
	}
	name := ""
	if of > 1 {
		name = fmt.Sprintf("image %d of %d, ", image, of)
	}
	text := fmt.Sprintf("%sstep %d of %d%s", name, p.Step, p.Steps, left)
	switch {
	case r.width != nil:
		fmt.Fprint(r.stderr, "\r\x1b[K", bar(r.width(), p.Step, p.Steps, text))
		r.drawn = true
	case p.Step == p.Steps || time.Since(r.spoken) > 2*time.Second:
		fmt.Fprintln(r.stderr, text)
		r.spoken = time.Now()
	}
}

// note says something that is no progress.
func (r *reporter) note(text string) {
	r.line()
	if r.json == nil {
		fmt.Fprintln(r.stderr, "note:", terminal.Text(text, maxMessage))
	}
}

// goesOn says that a run was interrupted before.
func (r *reporter) goesOn(there, all int) {
	r.note(fmt.Sprintf("%d of %d images are there already", there, all))
}

// line ends the bar, so that other text gets a line of its own.
func (r *reporter) line() {
	if r.drawn {
		fmt.Fprintln(r.stderr)
		r.drawn = false
	}
}

func (r *reporter) wrote(path string, seed uint64) {
	r.line()
	r.made++
	r.emit(event{Event: "image", File: path, Seed: fmt.Sprint(seed)})
	if r.json == nil {
		fmt.Fprintf(r.stdout, "%s (seed %d)\n", terminal.Text(path, maxPath), seed)
	}
}

// end prints how fast it went, where more than an image was made: how many
// images a core of the CPU, or the GPU, makes in an hour.
func (r *reporter) end(s *sampler.Sampler) {
	elapsed := time.Since(r.begun)
	perHour := float64(r.made) / elapsed.Hours()
	unit := "GPU"
	if n := s.Threads(); n > 0 {
		perHour /= float64(n)
		unit = "core"
	}
	r.emit(event{Event: "end", Images: r.made, Elapsed: elapsed.Seconds(), PerHour: perHour, PeakMB: float64(peak.Memory()) / 1e6})
	if r.json == nil && r.made > 1 {
		fmt.Fprintf(r.stderr, "%d images in %s: %.0f an hour on a %s\n", r.made, elapsed.Round(time.Second/10), perHour, unit)
	}
}

// unknown says which words of the prompts no training caption had, each once.
func (r *reporter) unknown(words []string) {
	var fresh []string
	for _, w := range words {
		if !r.said[w] {
			r.said[w] = true
			fresh = append(fresh, w)
		}
	}
	if len(fresh) == 0 {
		return
	}
	r.line()
	r.emit(event{Event: "unknown_words", Words: fresh})
	if r.json == nil {
		fmt.Fprintf(r.stderr, "the model has not learned these words and may ignore them: %s\n", terminal.Text(strings.Join(fresh, ", "), maxMessage))
	}
}
