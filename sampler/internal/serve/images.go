package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

var (
	errStops = errors.New("the server stops (send the request again later)")
	errLong  = errors.New("the request took longer than this server allows (ask for fewer images or steps)")
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
	request, status, err := s.read(w, r)
	if err != nil {
		fail(w, status, err)
		return
	}
	if !s.queue.enter() {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(s.queue.wait().Seconds()))))
		fail(w, http.StatusTooManyRequests, errors.New("too many requests wait (Retry-After says for how many seconds to wait)"))
		return
	}
	defer s.queue.leave()
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.Limits.Timeout, errLong)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer context.AfterFunc(s.stopping, func() { stop(errStops) })()

	var events *stream
	if strings.Contains(r.Header.Get("Accept"), eventStream) {
		events = newStream(w)
		request.Progress = func(p sampler.Progress) {
			if err := events.send("progress", Progress{p.Image, p.Images, p.Step, p.Steps}); err != nil {
				stop(err)
			}
		}
	}
	var result *Result
	err = s.queue.work(ctx, func() (err error) {
		result, err = s.sample(ctx, request)
		return err
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	s.log(r, request, err)
	status, err = statusOf(err)
	switch {
	case r.Context().Err() != nil: // nobody listens
	case events != nil && err != nil:
		events.send("error", failure{err.Error()})
	case events != nil:
		events.send("result", result)
	case err != nil:
		fail(w, status, err)
	default:
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(toWrite))
		answer(w, http.StatusOK, result)
	}
}

// read reads a request and checks it, with the status of what is wrong.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (sampler.Request, int, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return sampler.Request{}, http.StatusUnsupportedMediaType, errors.New("the Content-Type must be application/json")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return sampler.Request{}, http.StatusRequestEntityTooLarge, fmt.Errorf("the body has more than %d bytes", large.Limit)
	} else if err != nil {
		return sampler.Request{}, http.StatusBadRequest, errors.New("the body could not be read")
	}
	// From now on a read waits for the client to leave, as long as it takes.
	http.NewResponseController(w).SetReadDeadline(time.Time{})
	http.NewResponseController(w).SetWriteDeadline(time.Time{})
	request, err := s.Limits.parse(data)
	if err != nil {
		return request, http.StatusBadRequest, err
	}
	t, err := s.Sampler.Settings(request)
	if err == nil && t.Steps > s.Limits.Steps {
		err = refuse("steps: the model's own %d are more than the %d that are allowed here", t.Steps, s.Limits.Steps)
	}
	if err != nil {
		code, err := statusOf(err)
		return request, code, err
	}
	return request, 0, nil
}

// sample makes the images of a request.
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

// statusOf is the status of an error, and what the client may read of it.
func statusOf(err error) (int, error) {
	switch {
	case err == nil:
		return http.StatusOK, nil
	case errors.Is(err, sampler.ErrRequest):
		return http.StatusBadRequest, err
	case errors.Is(err, errStops), errors.Is(err, errLong):
		return http.StatusServiceUnavailable, err
	default:
		return http.StatusInternalServerError, errors.New("the image could not be made (the server's log has the reason)")
	}
}

const eventStream = "text/event-stream"

// stream sends server-sent events.
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", eventStream)
	w.WriteHeader(http.StatusOK)
	s := &stream{w, http.NewResponseController(w)}
	s.c.Flush() // who waits for a turn hears that the request arrived
	return s
}

// send sends one event, with its data as JSON in one line.
func (s *stream) send(event string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	s.c.SetWriteDeadline(time.Now().Add(toWrite))
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, text); err != nil {
		return err
	}
	return s.c.Flush()
}

type failure struct {
	Error string `json:"error"`
}

func fail(w http.ResponseWriter, status int, err error) {
	answer(w, status, failure{err.Error()})
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value)
}
