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

	"golang.org/x/net/netutil"

	"github.com/roentgo/roentgo/sampler"
)

// Sampler is what the server needs of a [sampler.Sampler].
type Sampler interface {
	Images(context.Context, sampler.Request) iter.Seq2[*sampler.Image, error]
	Settings(sampler.Request) (sampler.Settings, error)
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
	Prompt  int           // bytes of each text
	Steps   int           // an image
	Count   int           // images a request
	Timeout time.Duration // of a request, with its time in the queue
}

const (
	maxBody        = 64 << 10
	maxHeader      = 16 << 10
	maxConnections = 1024
	toRead         = 10 * time.Second // a request
	toWrite        = 10 * time.Second // an answer, or an event of one
	toIdle         = time.Minute      // between the requests of a connection
	toStop         = 400 * time.Millisecond
)

// Server answers requests. Images are made one request after the other.
type Server struct {
	Options
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
	l := o.Limits
	if l.Queue < 1 || l.Prompt < 1 || l.Steps < 1 || l.Count < 1 || l.Count > 1<<20 || l.Timeout <= 0 {
		return nil, fmt.Errorf("serve: limits of %d requests, %d bytes of prompt, %d steps, %d images, %v: each must be positive, and images at most %d", l.Queue, l.Prompt, l.Steps, l.Count, l.Timeout, 1<<20)
	}
	s := &Server{Options: o, queue: newQueue(l.Queue), trusted: http.NewCrossOriginProtection()}
	for _, origin := range o.Origins {
		if err := s.trusted.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("serve: origin %.100q: %w", origin, err)
		}
	}
	s.metrics = newMetrics(s.queue)
	var err error
	if s.openapi, err = describe(l); err != nil {
		return nil, err
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s, nil
}

//go:embed page
var page embed.FS

// files are those of the page: the path, the file, its type.
var files = []struct{ path, name, kind string }{
	{"GET /{$}", "page/index.html", "text/html; charset=utf-8"},
	{"GET /page.css", "page/page.css", "text/css; charset=utf-8"},
	{"GET /page.js", "page/page.js", "text/javascript; charset=utf-8"},
}

// Handler returns all that is served.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, f := range files {
		mux.HandleFunc(f.path, func(w http.ResponseWriter, _ *http.Request) {
			data, err := page.ReadFile(f.name)
			if err != nil {
				fail(w, http.StatusInternalServerError, err)
				return
			}
			w.Header().Set("Content-Type", f.kind)
			w.Write(data)
		})
	}
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(s.openapi)
	})
	mux.HandleFunc("GET /healthz", s.health)
	mux.Handle("GET /metrics", s.authorized(s.metrics.handler()))
	mux.Handle("POST /v1/images", s.authorized(http.HandlerFunc(s.images)))
	return s.guarded(mux)
}

// health says whether images can be made.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.queue.broken() {
		fail(w, http.StatusServiceUnavailable, errors.New("the device failed (the server's log has the reason): restart the server"))
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
		ReadHeaderTimeout: toRead,
		IdleTimeout:       toIdle,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(netutil.LimitListener(l, maxConnections)) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.stop()
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), toStop)
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
