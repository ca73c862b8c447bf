package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const eventStream = "text/event-stream"

// stream sends server-sent events, and comments between them, so that a proxy
// does not take a client that waits for one that is gone.
type stream struct {
	write, beat time.Duration // at most for a write, and between writes
	quiet       *time.Timer

	mu    sync.Mutex
	ended bool
	w     http.ResponseWriter
	c     *http.ResponseController
}

// newStream begins to answer with events. lost is called when a comment does not
// reach the client. Nothing is written after end.
func newStream(w http.ResponseWriter, t times, lost func(error)) *stream {
	w.Header().Set("Content-Type", eventStream)
	w.Header().Set("X-Accel-Buffering", "no") // or nginx keeps events until it has many
	w.WriteHeader(http.StatusOK)
	s := &stream{write: t.write, beat: t.beat, w: w, c: http.NewResponseController(w)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = time.AfterFunc(s.beat, func() {
		if err := s.put(": still here\n\n"); err != nil {
			lost(err)
		}
	})
	s.c.Flush() // who waits for a turn hears that the request arrived
	return s
}

// send sends one event, with its data as JSON in one line.
func (s *stream) send(event string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return s.put(fmt.Sprintf("event: %s\ndata: %s\n\n", event, text))
}

func (s *stream) put(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	if _, err := (patient{s.w, s.c, s.write}).Write([]byte(text)); err != nil {
		return err
	}
	s.quiet.Reset(s.beat)
	return s.c.Flush()
}

// end stops the comments.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.quiet.Stop()
}

// patient writes in pieces and gives each the same time, so that a slow client
// gets a long answer and one that does not read at all is left.
type patient struct {
	w      http.ResponseWriter
	c      *http.ResponseController
	within time.Duration
}

const piece = 64 << 10

func (p patient) Write(data []byte) (n int, err error) {
	for n < len(data) && err == nil {
		p.c.SetWriteDeadline(time.Now().Add(p.within))
		var m int
		m, err = p.w.Write(data[n:min(n+piece, len(data))])
		n += m
	}
	return n, err
}
