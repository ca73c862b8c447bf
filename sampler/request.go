package sampler

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/roentgo/roentgo/sampler/schedule"
)

// ErrRequest is wrapped by errors of a request that cannot be fulfilled as it
// stands: the message names the field and the allowed values.
var ErrRequest = errors.New("sampler: request refused")

// Request says what to sample. Zero values take the model's own defaults.
type Request struct {
	Prompt   string // report-like text; empty: the null condition, without guidance
	Negative string // takes the null condition's place in guidance
	Seed     uint64 // image k of Count is that of seed Seed + k alone
	Count    int    // images; 0: 1
	// Rows, where there are any, are the images, each with a text and a seed of
	// its own, in the place of Prompt, Negative, Seed and Count. An error that is
	// one row's is a [RowError].
	Rows []Row

	Sampler  string   // schedule.DDIM, schedule.DPMpp2M or schedule.UniPC
	Spacing  string   // schedule.Leading, schedule.Trailing or schedule.Quadratic
	Steps    int      // network evaluations an image, 1 to the schedule's T
	Guidance float64  // scale of classifier-free guidance, 1 to 100; 1: none, half the work
	Rescale  *float64 // part of guidance rescaling, in [0, 1]
	Eta      *float64 // of DDIM, in [0, 1]
	// GuidanceInterval is the timesteps that are guided; the others take half
	// the work.
	GuidanceInterval *schedule.Interval

	// Truncate cuts a prompt that has too many tokens instead of refusing it.
	Truncate bool
	// Batch is how many images are computed side by side; 0: 1. It changes
	// speed and memory, not a byte of any image.
	Batch int

	// Observe names attention maps to return, such as
	// "unet.up.1.attn.cross_attn".
	Observe []string
	// Progress, where set, is called before the first step and after every
	// one, from the goroutine that called Sample.
	Progress func(Progress)
	// Trace, where set, receives every intermediate value: noise, context,
	// mask, latent.NNN and prediction.NNN of each step NNN, latent and image.
	// The slices are valid during the call.
	Trace func(name string, shape []int, values []float32)
}

// Row is the text and the seed of one image.
type Row struct {
	Prompt, Negative string
	Seed             uint64
}

// texts returns the texts, each with what people call it.
func (r Row) texts() []struct{ name, text string } {
	return []struct{ name, text string }{{"prompt", r.Prompt}, {"negative prompt", r.Negative}}
}

// RowError says which of a request's rows, from 0, an error is about.
type RowError struct {
	Row int
	Err error
}

func (e *RowError) Error() string { return fmt.Sprintf("row %d: %v", e.Row+1, e.Err) }

func (e *RowError) Unwrap() error { return e.Err }

// row returns what image i is made of; its seed counts on from the request's,
// modulo 2⁶⁴.
func (r *Request) row(i int) Row {
	if len(r.Rows) > 0 {
		return r.Rows[i]
	}
	return Row{r.Prompt, r.Negative, r.Seed + uint64(i)}
}

// count is how many images are wanted.
func (r *Request) count() int { return max(r.Count, len(r.Rows), 1) }

// Progress is where a run stands.
type Progress struct {
	Image, Images int // the first image of the batch that is being made, from 0; of how many
	Step, Steps   int // steps of this batch that are done, of how many
	Elapsed       time.Duration
	Remaining     time.Duration // of all images; 0 while unknown

	latent  []float32
	preview func(latent []float32) *image.Gray
}

// Latent returns the clean latent that the last step of the first image of the
// batch predicts, for [Sampler.Decode]; nil before the first step.
func (p Progress) Latent() []float32 { return slices.Clone(p.latent) }

// Preview returns a small picture (image size / 8) of what the first image of
// the batch will be, made without the decoder; nil before the first step.
func (p Progress) Preview() *image.Gray {
	if p.latent == nil {
		return nil
	}
	return p.preview(p.latent)
}

// Settings are all that an image depends on besides the model and the device.
type Settings struct {
	Prompt   string
	Negative string
	Seed     uint64
	Truncate bool

	schedule.Options
}

// Image is one result.
type Image struct {
	Size     int       // pixels per side
	Pix      []float32 // row-major, about [−1, 1], not clamped
	Settings Settings  // with the seed of this image
}

// Gray returns the image with 8 bits a pixel: −1 is black, 1 white, values
// beyond are clamped.
func (m *Image) Gray() *image.Gray { return gray(m.Pix, m.Size) }

func gray(pix []float32, size int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, size, size))
	for i, v := range pix {
		g.Pix[i] = uint8(math.RoundToEven(float64(min(max(v, -1), 1)+1) * 127.5))
	}
	return g
}

// Tensor is an array of values, row-major.
type Tensor struct {
	Shape  []int
	Values []float32
}

// Result is what Sample returns.
type Result struct {
	Images []Image
	// UnknownWords are those of prompt and negative prompt that the model has
	// not learned and may ignore: words that no training caption has, and words
	// such as "left" and "severe" that no label says.
	UnknownWords []string
	// Observed has, for each name of Request.Observe, the mean over the steps
	// of the attention weights under the prompt: (Count, heads, queries, keys).
	// Keys of cross-attention are the prompt's tokens, [CLS] first (Tang et
	// al. 2023 use such means as maps of where words look).
	Observed map[string]Tensor
}

const (
	// MaxCount is how many images a request may have.
	MaxCount = 1_000_000

	maxBatch = 64
)

// resolve fills the request's open settings from the model's and checks all.
func (d Description) resolve(r Request) (Settings, error) {
	s := Settings{Prompt: r.Prompt, Negative: r.Negative, Seed: r.Seed, Truncate: r.Truncate, Options: d.Sampling.Options}
	if r.Sampler != "" {
		s.Sampler, s.Eta = r.Sampler, 0 // the model's eta is that of its own sampler
	}
	set(&s.Spacing, r.Spacing)
	set(&s.Steps, r.Steps)
	set(&s.Guidance, r.Guidance)
	setTo(&s.Rescale, r.Rescale)
	setTo(&s.Eta, r.Eta)
	setTo(&s.GuidanceInterval, r.GuidanceInterval)
	sched, err := schedule.New(d.Schedule)
	if err != nil {
		return s, err
	}
	if err := sched.Validate(s.Options); err != nil {
		return s, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if n := r.count(); r.Count < 0 || n > MaxCount {
		return s, fmt.Errorf("%w: a count of %d is not in 1 to %d", ErrRequest, n, MaxCount)
	}
	if r.Batch < 0 || r.Batch > maxBatch {
		return s, fmt.Errorf("%w: a batch of %d is not in 1 to %d", ErrRequest, r.Batch, maxBatch)
	}
	if len(r.Rows) == 0 {
		return s, d.checkText(r.row(0))
	}
	if r.Prompt+r.Negative != "" || r.Seed != 0 || r.Count != 0 {
		return s, fmt.Errorf("%w: beside rows there can be no prompt, seed or count", ErrRequest)
	}
	for i, row := range r.Rows {
		if err := d.checkText(row); err != nil {
			return s, &RowError{i, err}
		}
	}
	return s, nil
}

// set sets a setting to what a request has, where it has something.
func set[T comparable](setting *T, to T) {
	var open T
	if to != open {
		*setting = to
	}
}

// setTo does so for settings whose zero is a value.
func setTo[T any](setting, to *T) {
	if to != nil {
		*setting = *to
	}
}

// checkText checks the texts of an image.
func (d Description) checkText(r Row) error {
	for _, t := range r.texts() {
		if !utf8.ValidString(t.text) {
			return fmt.Errorf("%w: the %s is not UTF-8 text", ErrRequest, t.name)
		}
	}
	if !d.Model.HasText() && r.Prompt+r.Negative != "" {
		return fmt.Errorf("%w: this model was trained without text and takes no prompt", ErrRequest)
	}
	return nil
}
