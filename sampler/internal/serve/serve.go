// Package serve offers a sampler over HTTP: a small page and a JSON API, which
// GET /openapi.json describes.
package serve

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	"golang.org/x/net/netutil"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// Sampler is what the server needs of a [sampler.Sampler].
type Sampler interface {
	Images(context.Context, sampler.Request) iter.Seq2[*sampler.Image, error]
	Settings(sampler.Request) (sampler.Settings, error)
	CheckText(text string, truncate bool) error
	UnknownWords(text string) []string
	ModelHash() string
}

// Options are those of New. All fields are needed but those that say what their
// zero value is.
type Options struct {
	Sampler Sampler
	// Encode writes an image as a PNG file, with its marks and settings. index is
	// its place among those of its request.
	Encode func(w io.Writer, img *sampler.Image, index int) error
	Limits Limits
	Log    *slog.Logger
	// LogPrompts writes prompts to the log.
	LogPrompts bool
	// Token, where it is not empty, must come with each request for an image or
	// for metrics. Without one, only requests to a loopback name are answered.
	Token string
	// Origins are pages of other hosts that may use the API, such as
	// "https://example.org"; none: none.
	Origins []string
}

// Limits bound what one request, and all together, can take.
type Limits struct {
	Queue   int           // requests that wait or are worked on
	Prompt  int           // characters of each text, at most MaxPrompt
	Steps   int           // an image
	Count   int           // images a request, at most MaxCount
	Timeout time.Duration // of a request, with its time in the queue
}

const (
	// MaxPrompt is how many characters a text may be allowed to have: those that
	// the sampler reads, of four bytes each.
	MaxPrompt = prompt.MaxBytes / utf8.UTFMax
	// MaxCount is how many images a request may be allowed to have: all of an
	// answer is in memory.
	MaxCount = 256

	maxHeader      = 16 << 10
	maxConnections = 1024
)

// body is how many bytes a request may have: two texts of which each character is
// written as two escapes such as \ud83e, and room for the other fields.
func (l Limits) body() int64 { return int64(2*len(`\ud83e\udec1`)*l.Prompt + 4<<10) }

// check returns what is wrong with limits for a sampler.
func (l Limits) check(s Sampler) error {
	for _, n := range []struct {
		what      string
		is, least int
		most      int
	}{
		{"requests in the queue", l.Queue, 1, 1 << 16}, {"characters of a prompt", l.Prompt, 1, MaxPrompt},
		{"steps", l.Steps, 1, 1 << 16}, {"images", l.Count, 1, MaxCount},
	} {
		if n.is < n.least || n.is > n.most {
			return fmt.Errorf("serve: at most %d %s: it must be from %d to %d", n.is, n.what, n.least, n.most)
		}
	}
	if l.Timeout <= 0 {
		return fmt.Errorf("serve: a timeout of %v: it must be positive", l.Timeout)
	}
	usual, err := s.Settings(sampler.Request{})
	if err == nil && usual.Steps > l.Steps {
		err = fmt.Errorf("serve: at most %d steps: the model's own %d must be allowed", l.Steps, usual.Steps)
	}
	return err
}

// times bound how long a client may take.
type times struct {
	read  time.Duration // to send a request
	write time.Duration // to take an answer, or each event or 64 KiB of one
	idle  time.Duration // between the requests of a connection
	beat  time.Duration // between two writes of a stream of events
	stop  time.Duration // that the server takes to end
}

// A client that does its part gets its answer in time, also where other programs
// keep the processor from both for seconds.
var usualTimes = times{read: 30 * time.Second, write: 30 * time.Second, idle: time.Minute, beat: 15 * time.Second, stop: 400 * time.Millisecond}

// Server answers requests. Images are made one request after the other.
type Server struct {
	Options
	times   times
	queue   *queue
	metrics *metrics
	trusted *http.CrossOriginProtection
	openapi []byte
	// stopping ends with the server.
	stopping context.Context
	stop     context.CancelFunc
}

// New returns a server. Errors name the option that is wrong.
func New(o Options) (*Server, error) {
	if err := o.Limits.check(o.Sampler); err != nil {
		return nil, err
	}
	s := &Server{Options: o, times: usualTimes, queue: newQueue(o.Limits.Queue), trusted: http.NewCrossOriginProtection()}
	for _, origin := range o.Origins {
		if err := s.trusted.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("serve: origin %.100q: %w", origin, err)
		}
	}
	s.metrics = newMetrics(s.queue)
	var err error
	if s.openapi, err = describe(o.Limits, o.Token != ""); err != nil {
		return nil, err
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s, nil
}

//go:embed page
var page embed.FS

// files are those of the page: the path, the file, its type.
var files = []struct{ path, name, kind string }{
	{"/{$}", "page/index.html", "text/html; charset=utf-8"},
	{"/page.css", "page/page.css", "text/css; charset=utf-8"},
	{"/page.js", "page/page.js", "text/javascript; charset=utf-8"},
}

// Handler returns all that is served.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, f := range files {
		mux.Handle(f.path, only(http.MethodGet, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			data, err := page.ReadFile(f.name)
			if err != nil {
				fail(w, refuse(http.StatusInternalServerError, "%v", err))
				return
			}
			w.Header().Set("Content-Type", f.kind)
			w.Write(data)
		})))
	}
	mux.Handle("/openapi.json", only(http.MethodGet, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(s.openapi)
	})))
	mux.Handle("/healthz", only(http.MethodGet, http.HandlerFunc(s.health)))
	mux.Handle("/metrics", only(http.MethodGet, s.authorized(s.metrics.handler())))
	mux.Handle("/v1/images", only(http.MethodPost, s.authorized(http.HandlerFunc(s.images))))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, refuse(http.StatusNotFound, "there is nothing here (GET /openapi.json describes what there is)"))
	})
	return s.guarded(mux)
}

// only answers one method, and HEAD where that is GET.
func only(method string, h http.Handler) http.Handler {
	allowed := method
	if method == http.MethodGet {
		allowed += ", " + http.MethodHead
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
			w.Header().Set("Allow", allowed)
			fail(w, refuse(http.StatusMethodNotAllowed, "the method here is %s", method))
			return
		}
		h.ServeHTTP(w, r)
	})
}

// health says whether images can be made.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.queue.broken() {
		fail(w, refuse(http.StatusServiceUnavailable, "the device failed (the server's log has the reason): restart the server"))
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Serve answers on a listener until ctx ends. Then it cancels what is being
// made, sends those who wait that it stops, and returns nil within half a
// second. Other errors are the listener's.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: s.times.read,
		IdleTimeout:       s.times.idle,
		MaxHeaderBytes:    maxHeader,
		// Its own answer to "OPTIONS *" lacks the headers of the others.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(netutil.LimitListener(l, maxConnections)) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.stop()
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.times.stop)
	defer cancel()
	if err := h.Shutdown(within); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	err := h.Close()
	// What is being made ends before the sampler is closed.
	select {
	case s.queue.turn <- struct{}{}:
	case <-within.Done():
	}
	return err
}
