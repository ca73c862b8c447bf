package sampler

import (
	"context"
	"fmt"
	"image"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/internal/record"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// Sample makes the images of a request. Errors wrap ErrRequest, or ctx's error
// when it was cancelled. For many images, see [Sampler.Images].
func (s *Sampler) Sample(ctx context.Context, r Request) (*Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run, err := s.prepare(ctx, r)
	if err != nil {
		return nil, err
	}
	result := &Result{UnknownWords: run.unknown()}
	for run.made < run.count {
		images, err := run.batch(ctx)
		if err != nil {
			return nil, err
		}
		result.Images = append(result.Images, images...)
	}
	result.Observed = run.observed
	return result, nil
}

// Images yields the images of a request one by one, without keeping them.
// After an error, the last that is yielded, there are no more. Observed maps
// are not available here.
func (s *Sampler) Images(ctx context.Context, r Request) iter.Seq2[*Image, error] {
	return func(yield func(*Image, error) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(r.Observe) > 0 {
			yield(nil, fmt.Errorf("%w: Images returns no observed maps; use Sample", ErrRequest))
			return
		}
		run, err := s.prepare(ctx, r)
		if err != nil {
			yield(nil, err)
			return
		}
		for run.made < run.count {
			images, err := run.batch(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range images {
				if !yield(&images[i], nil) {
					return
				}
			}
		}
	}
}

// Settings returns what a request's images are made with, the model's defaults
// in the place of what it leaves open. Errors wrap ErrRequest.
func (s *Sampler) Settings(r Request) (Settings, error) { return s.description.resolve(r) }

// CheckText reports why the model cannot take a text, such as that it has too
// many tokens and is not to be cut. Errors wrap ErrRequest. It does not wait for
// images that are being made.
func (s *Sampler) CheckText(text string, truncate bool) error {
	if err := s.description.checkText(Row{Prompt: text}); err != nil {
		return err
	}
	_, err := s.tokenize(text, truncate)
	return err
}

// UnknownWords lists the words of a text that no training caption had; none
// where the model file lists none.
func (s *Sampler) UnknownWords(text string) []string {
	if s.known == nil {
		return nil
	}
	return prompt.Unknown(text, s.known)
}

// Vocabulary lists the words that the training captions had, sorted; none
// where the model file lists none.
func (s *Sampler) Vocabulary() []string { return slices.Sorted(maps.Keys(s.known)) }

// run is a request on its way.
type run struct {
	model    *Sampler
	request  Request
	settings Settings
	schedule *schedule.Sampler
	count    int
	made     int // images
	begun    time.Time
	steps    int // network evaluations that are done, of all batches

	guides   bool                 // in a step at least, those images that have a text
	encoded  map[string]condition // those of the batch before
	observed map[string]Tensor

	// Of this batch: its conditions, an image each, and whether any is guided.
	texts, nulls []condition
	guided       bool
}

// prepare checks a request.
func (s *Sampler) prepare(ctx context.Context, r Request) (*run, error) {
	settings, err := s.description.resolve(r)
	if err != nil {
		return nil, err
	}
	u := &run{model: s, request: r, settings: settings, count: r.count(), begun: time.Now(), observed: map[string]Tensor{}}
	u.request.Batch = min(max(r.Batch, 1), u.count)
	if u.schedule, err = s.schedule.NewSampler(settings.Options); err != nil {
		return nil, err
	}
	for i := range r.Rows { // before the first image is made
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, t := range r.Rows[i].texts() {
			if _, err := s.tokenize(t.text, r.Truncate); err != nil {
				return nil, u.inRow(i, t.name, err)
			}
		}
	}
	u.guides = settings.Guidance != 1 && slices.ContainsFunc(u.schedule.Timesteps, settings.GuidanceInterval.Has)
	return u, nil
}

// unknown lists the words of all its texts that no training caption had.
func (u *run) unknown() []string {
	if len(u.request.Rows) == 0 {
		return u.model.UnknownWords(u.request.Prompt + "\n" + u.request.Negative)
	}
	var words []string
	for _, r := range u.request.Rows {
		words = append(words, u.model.UnknownWords(r.Prompt+"\n"+r.Negative)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// encodeTexts makes the conditions of the next b images.
func (u *run) encodeTexts(ctx context.Context, b int) error {
	used := map[string]condition{} // others are forgotten: many rows have many texts
	encode := func(text string) (c condition, err error) {
		c, ok := used[text]
		if !ok {
			c, ok = u.encoded[text]
		}
		if !ok {
			err = u.model.survive(ctx, func() error {
				c, err = u.model.encode(ctx, text, u.request.Truncate)
				return err
			})
		}
		used[text] = c
		return c, err
	}
	u.texts, u.nulls, u.guided = make([]condition, b), make([]condition, b), false
	for k := range b {
		i := u.made + k
		r := u.request.row(i)
		// Guidance away from the null condition is no guidance where the
		// prompt is the null condition itself.
		empty := u.model.tokens == nil || len(prompt.Normalize(r.Prompt)) == 0
		negative := u.model.description.awayFrom(r)
		u.guided = u.guided || u.guides && !(empty && len(prompt.Normalize(negative)) == 0)
		var err error
		if u.texts[k], err = encode(r.Prompt); err != nil {
			return u.inRow(i, "prompt", err)
		}
		if u.guides {
			if u.nulls[k], err = encode(negative); err != nil {
				return u.inRow(i, "negative prompt", err)
			}
		}
	}
	u.encoded = used
	return nil
}

// inRow says which text of which row an error is about.
func (u *run) inRow(i int, what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	if len(u.request.Rows) > 0 {
		return &RowError{i, err}
	}
	return err
}

func (u *run) trace(name string, shape []int, values []float32) {
	if u.request.Trace != nil {
		u.request.Trace(name, shape, values)
	}
}

// batch makes the next images.
func (u *run) batch(ctx context.Context) ([]Image, error) {
	b := min(u.request.Batch, u.count-u.made)
	if err := u.encodeTexts(ctx, b); err != nil {
		return nil, err
	}
	n := u.model.description.Model.LatentLen()
	shape := u.shape(b)
	z := make([]float32, b*n)
	for k := range b {
		noise.Latent(z[k*n:(k+1)*n], u.seed(k), 0, noise.StreamInitial)
	}
	u.trace("noise", shape, z)
	if err := u.denoise(ctx, z, b); err != nil {
		return nil, err
	}
	u.trace("latent", shape, z)
	images, err := u.decode(ctx, z, b)
	if err != nil {
		return nil, err
	}
	u.made += b
	return images, nil
}

// shape of b latents.
func (u *run) shape(b int) []int {
	c := u.model.description.Model
	return []int{b, c.LatentChannels, c.LatentSize(), c.LatentSize()}
}

// seed of image k of this batch.
func (u *run) seed(k int) uint64 { return u.request.row(u.made + k).Seed }

// lengthStep is what the lengths of contexts of several texts are raised to, so
// that not each batch needs a program of its own. What a mask hides changes no
// result.
const lengthStep = 16

// unetFor returns the U-Net for a batch, with its contexts written: an image
// each of the prompts, then, under guidance, of their opposites.
func (u *run) unetFor(ctx context.Context, conditions []condition) (*program, error) {
	b := len(u.texts)
	copies := len(conditions) / b
	longest, masked := 0, false
	for _, c := range conditions {
		longest = max(longest, c.n)
		masked = masked || c.n != conditions[0].n
	}
	if len(u.request.Rows) > 0 && masked {
		longest = min((longest+lengthStep-1)/lengthStep*lengthStep, u.model.description.Model.Tokens)
	}
	p, err := u.model.unetProgram(ctx, copies, b, longest, masked, u.request.Observe)
	if err != nil {
		return nil, err
	}
	d := u.model.description.Model.TextFeatures
	context, mask := make([]float32, copies*b*longest*d), make([]float32, copies*b*longest)
	for i, c := range conditions {
		copy(context[i*longest*d:], c.values)
		for t := range c.n {
			mask[i*longest+t] = 1
		}
	}
	if u.guided == (copies > 1) { // of a guided run once, with both conditions
		u.trace("context", []int{copies * b, longest, d}, context)
		u.trace("mask", []int{copies * b, longest}, mask)
	}
	if err := p.Write(record.Context, context); err != nil {
		return nil, err
	}
	if masked {
		if err := p.Write(record.Mask, mask); err != nil {
			return nil, err
		}
	}
	return p, p.Run(ctx, graph.PromptStage)
}

// observe adds the attention maps of step i, of the half with the prompt, to
// their means.
func (u *run) observe(p *program, b, step int) error {
	read := make([][]float32, len(u.request.Observe)) // all, before any sum changes
	for i, name := range u.request.Observe {
		read[i] = make([]float32, graph.Len(p.shapes[name]))
		if err := p.Read(name, read[i]); err != nil {
			return err
		}
	}
	for i, name := range u.request.Observe {
		shape, values := slices.Clone(p.shapes[name]), read[i]
		half := len(values) / shape[0] * b // those of the null condition follow
		t := u.observed[name]
		if step == 0 {
			t.Shape = shape
			t.Shape[0] = u.made + b
			t.Values = append(t.Values, make([]float32, half)...)
		}
		sum := t.Values[len(t.Values)-half:]
		for i, v := range values[:half] {
			sum[i] += v / float32(u.settings.Steps)
		}
		u.observed[name] = t
	}
	return nil
}

// decode makes images of latents, one at a time: the decoder's arena is the
// largest of all.
func (u *run) decode(ctx context.Context, z []float32, b int) ([]Image, error) {
	size := u.model.description.Model.ImageSize
	n := len(z) / b
	images := make([]Image, b)
	for k := range images {
		pix := make([]float32, size*size)
		if err := u.model.survive(ctx, func() error { return u.model.decodeOne(ctx, pix, z[k*n:(k+1)*n]) }); err != nil {
			return nil, err
		}
		u.trace("image", []int{1, 1, size, size}, pix)
		settings := u.settings
		r := u.request.row(u.made + k)
		settings.Prompt, settings.Negative, settings.Seed = r.Prompt, r.Negative, r.Seed
		images[k] = Image{size, pix, settings}
	}
	return images, nil
}

// decodeOne writes the image of one latent to pix.
func (s *Sampler) decodeOne(ctx context.Context, pix, latent []float32) error {
	p, err := s.decoderProgram(ctx)
	if err != nil {
		return err
	}
	if err := p.Write(record.Latent, latent); err != nil {
		return err
	}
	if err := p.Run(ctx, graph.LatentStage); err != nil {
		return err
	}
	if err := p.Read(record.Out, pix); err != nil {
		return err
	}
	return finite(pix, "the decoder")
}

// Decode makes the image of one latent (latent channels × size/8 × size/8) on
// the scale on which the U-Net works, such as those of [Progress.Latent].
func (s *Sampler) Decode(ctx context.Context, latent []float32) (*Image, error) {
	c := s.description.Model
	if len(latent) != c.LatentLen() {
		return nil, fmt.Errorf("%w: a latent of %d values, the model's have %d", ErrRequest, len(latent), c.LatentLen())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	img := &Image{Size: c.ImageSize, Pix: make([]float32, c.ImageSize*c.ImageSize)}
	return img, s.survive(ctx, func() error { return s.decodeOne(ctx, img.Pix, latent) })
}

// report calls the request's progress function. x0 are the clean latents that
// the last step predicts.
func (u *run) report(done int, x0 []float32) {
	if u.request.Progress == nil {
		return
	}
	batches := (u.count + u.request.Batch - 1) / u.request.Batch
	p := Progress{Image: u.made, Images: u.count, Step: done, Steps: u.settings.Steps, Elapsed: time.Since(u.begun), preview: u.model.previewOf}
	if u.steps > 0 {
		p.Remaining = time.Duration(float64(p.Elapsed) / float64(u.steps) * float64(batches*u.settings.Steps-u.steps))
	}
	if done > 0 {
		p.latent = x0[:u.model.description.Model.LatentLen()]
	}
	u.request.Progress(p)
}

// previewOf maps a latent to grey values, linearly.
func (s *Sampler) previewOf(z []float32) *image.Gray {
	c := s.description.Model
	size := c.LatentSize()
	area := size * size
	pix := make([]float32, area)
	for i := range pix {
		pix[i] = s.preview[c.LatentChannels]
		for ch := range c.LatentChannels {
			pix[i] += s.preview[ch] * z[ch*area+i]
		}
	}
	return gray(pix, size)
}
