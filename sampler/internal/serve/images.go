package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// Result is the answer to a request for images.
type Result struct {
	Warning      string   `json:"warning"`
	ModelHash    string   `json:"model_sha256"`
	UnknownWords []string `json:"unknown_words"` // those that the model has not learned
	Images       []Image  `json:"images"`
}

// Image is one image of a Result.
type Image struct {
	Seed     uint64  `json:"seed"`
	Steps    int     `json:"steps"`
	Guidance float64 `json:"guidance"`
	PNG      []byte  `json:"png"` // a file with its marks and its settings; base64 in JSON
}

// Progress is an event while images are made.
type Progress struct {
	Image  int `json:"image"` // from 0
	Images int `json:"images"`
	Step   int `json:"step"`
	Steps  int `json:"steps"`
}

// images answers POST /v1/images.
func (s *Server) images(w http.ResponseWriter, r *http.Request) {
	request, err := s.read(w, r)
	if err != nil {
		fail(w, refusalOf(err))
		return
	}
	if !s.queue.enter() {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(s.queue.wait().Seconds()))))
		fail(w, refuse(http.StatusTooManyRequests, "too many requests wait (Retry-After says for how many seconds to wait)"))
		return
	}
	defer s.queue.leave()
	if err := s.fits(request); err != nil {
		fail(w, refusalOf(err))
		return
	}
	c := http.NewResponseController(w)
	c.SetWriteDeadline(time.Time{}) // of what takes as long as the images do
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.Limits.Timeout, errLong)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer context.AfterFunc(s.stopping, func() { stop(errStops) })()

	var events *stream
	if strings.Contains(r.Header.Get("Accept"), eventStream) {
		events = newStream(w, s.times, stop)
		defer events.end()
		request.Progress = func(p sampler.Progress) {
			if err := events.send("progress", Progress{p.Image, p.Images, p.Step, p.Steps}); err != nil {
				stop(err)
			}
		}
	}
	result, err := s.inTurn(ctx, request)
	s.log(r, request, err)
	switch {
	case r.Context().Err() != nil: // nobody listens
	case events != nil && err != nil:
		events.send("error", refusalOf(err))
	case events != nil:
		events.send("result", result)
	case err != nil:
		c.SetWriteDeadline(time.Now().Add(s.times.write))
		fail(w, refusalOf(err))
	default:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(patient{w, c, s.times.write}).Encode(result)
	}
}

// read reads a request and checks all of it but its texts.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (sampler.Request, error) {
	var none sampler.Request
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return none, refuse(http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
	}
	if r.Header.Get("Content-Encoding") != "" {
		return none, refuse(http.StatusUnsupportedMediaType, "the body must come without a Content-Encoding")
	}
	if r.URL.RawQuery != "" {
		return none, refuse(http.StatusBadRequest, "the address must have no query (put the fields into the body's JSON)")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.Limits.body()))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return none, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", large.Limit)
	} else if err != nil {
		return none, refuse(http.StatusBadRequest, "the body could not be read within %v", s.times.read)
	}
	// From now on a read waits for the client to leave, as long as it takes.
	http.NewResponseController(w).SetReadDeadline(time.Time{})
	request, err := s.Limits.parse(data)
	if err != nil {
		return none, err
	}
	_, err = s.Sampler.Settings(request)
	return request, err
}

// fits checks that the model can take the texts of a request.
func (s *Server) fits(r sampler.Request) error {
	for _, t := range []struct{ field, text string }{{"prompt", r.Prompt}, {"negative", r.Negative}} {
		if err := s.Sampler.CheckText(t.text, r.Truncate); err != nil {
			return unfit(t.field, err)
		}
	}
	return nil
}

// inTurn waits for its turn and makes the images of a request. Where ctx ends
// before, the error is its cause.
func (s *Server) inTurn(ctx context.Context, request sampler.Request) (*Result, error) {
	var result *Result
	entered := time.Now()
	err := s.queue.work(ctx, func() (err error) {
		s.metrics.waited.Observe(time.Since(entered).Seconds())
		result, err = s.sample(ctx, request)
		return err
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return result, err
}

// sample makes the images of a request, one at a time. Those of two or four
// requests side by side took 9 % or 8 % less time each on two cores
// (BenchmarkBatch), and each client would wait for the images of all.
func (s *Server) sample(ctx context.Context, request sampler.Request) (*Result, error) {
	result := &Result{Warning: provenance.Warning, ModelHash: s.Sampler.ModelHash(), UnknownWords: []string{}}
	result.UnknownWords = append(result.UnknownWords, s.Sampler.UnknownWords(request.Prompt+"\n"+request.Negative)...)
	began := time.Now()
	for img, err := range s.Sampler.Images(ctx, request) {
		if errors.Is(err, sampler.ErrFailed) {
			s.queue.breaks()
		}
		if err != nil {
			return nil, err
		}
		var file bytes.Buffer
		if err := s.Encode(&file, img, len(result.Images)); err != nil {
			return nil, err
		}
		t := img.Settings
		result.Images = append(result.Images, Image{Seed: t.Seed, Steps: t.Steps, Guidance: t.Guidance, PNG: file.Bytes()})
		s.metrics.images.Inc()
		s.metrics.seconds.Observe(time.Since(began).Seconds())
		began = time.Now()
	}
	return result, nil
}

// log writes what was made of a request.
func (s *Server) log(r *http.Request, request sampler.Request, err error) {
	list := []slog.Attr{slog.Int("count", request.Count), slog.Uint64("seed", request.Seed)}
	if s.LogPrompts {
		list = append(list, slog.String("prompt", request.Prompt), slog.String("negative", request.Negative))
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
		// What is refused may quote the prompt.
		if s.LogPrompts || !errors.Is(err, sampler.ErrRequest) {
			list = append(list, slog.String("error", err.Error()))
		}
	}
	s.Log.LogAttrs(r.Context(), level, "images", list...)
}
