package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// content is what the server has, 1 MiB that no two places of look alike.
func content(salt byte) []byte {
	data := make([]byte, 1<<20)
	sum := sha256.Sum256([]byte{salt})
	for i := range data {
		if i%32 == 0 {
			sum = sha256.Sum256(sum[:])
		}
		data[i] = sum[i%32]
	}
	return data
}

// server gives a file, request by request as answers say; when they are used
// up, as a good server does.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	data     []byte
	tag      string
	answers  []func(w http.ResponseWriter, r *http.Request)
	requests []string // their ranges
	sent     int
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Header.Get("Range"))
	var answer func(http.ResponseWriter, *http.Request)
	if len(s.answers) > 0 {
		answer, s.answers = s.answers[0], s.answers[1:]
	}
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	s.good(w, r)
}

func (s *server) good(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", s.tag)
	http.ServeContent(counting{w, s}, r, "", time.Time{}, bytes.NewReader(s.data))
}

// counting counts the bytes that are sent.
type counting struct {
	http.ResponseWriter
	s *server
}

func (c counting) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.s.mu.Lock()
	c.s.sent += n
	c.s.mu.Unlock()
	return n, err
}

// cut sends n bytes of what was asked for and breaks the connection.
func (s *server) cut(n int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		from := 0
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("ETag", s.tag)
		w.Header().Set("Content-Length", fmt.Sprint(len(s.data)-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(s.data)-1, len(s.data)))
			w.WriteHeader(http.StatusPartialContent)
		}
		counting{w, s}.Write(s.data[from : from+n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func (s *server) status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func serve(t *testing.T) (*server, Options) {
	s := &server{data: content(1), tag: `"one"`}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s, Options{BaseURL: s.URL + "/files", Out: t.TempDir(), Files: []File{{Name: "a.tgz"}}, Retries: 3, Stall: 100 * time.Millisecond,
		Wait: func(int) time.Duration { return time.Millisecond }}
}

func (s *server) fetched(t *testing.T, o Options) {
	t.Helper()
	results, err := Fetch(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(o.Out, "a.tgz"))
	if err != nil || !bytes.Equal(got, s.data) {
		t.Fatalf("%d bytes that differ from the server's, %v", len(got), err)
	}
	if sum := sha256.Sum256(s.data); len(results) != 1 || results[0].SHA256 != hex.EncodeToString(sum[:]) || results[0].Size != int64(len(s.data)) {
		t.Errorf("%+v", results)
	}
	if list, _ := filepath.Glob(filepath.Join(o.Out, "*.part*")); len(list) > 0 {
		t.Errorf("files were left: %v", list)
	}
}

// TestCuts counts the bytes that ten broken connections cost: none is sent
// twice.
func TestCuts(t *testing.T) {
	s, o := serve(t)
	// On a busy machine the client may not read for a while. It must not take
	// that for a stall and ask again for what already lies in a socket's buffer.
	o.Stall = time.Minute
	for range 10 {
		s.answers = append(s.answers, s.cut(100_000))
	}
	s.fetched(t, o)
	s.Close() // it may still count
	if s.sent != len(s.data) {
		t.Errorf("%d bytes were sent for a file of %d", s.sent, len(s.data))
	}
	if s.requests[3] != "bytes=300000-" {
		t.Errorf("%q", s.requests)
	}
}

// stall sends n bytes and then nothing.
func (s *server) stall(n int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", s.tag)
		w.Header().Set("Content-Length", fmt.Sprint(len(s.data)))
		counting{w, s}.Write(s.data[:n])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

func TestStalls(t *testing.T) {
	s, o := serve(t)
	s.answers = append(s.answers, s.stall(5000))
	s.fetched(t, o)
	if len(s.requests) != 2 || s.requests[1] != "bytes=5000-" {
		t.Errorf("%q", s.requests)
	}
}

// TestLies has servers that send something else than they were asked for.
func TestLies(t *testing.T) {
	for name, lie := range map[string]func(s *server) func(http.ResponseWriter, *http.Request){
		"another range": func(s *server) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(s.data)-1, len(s.data)))
				w.WriteHeader(http.StatusPartialContent)
				w.Write(s.data)
			}
		},
		"no range": func(s *server) func(http.ResponseWriter, *http.Request) {
			return s.status(http.StatusPartialContent)
		},
		"the whole": func(s *server) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) { w.Write(s.data) }
		},
		"another size": func(s *server) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Range", "bytes 4000-4999/5000")
				w.WriteHeader(http.StatusPartialContent)
				w.Write(make([]byte, 1000))
			}
		},
		"not satisfiable": func(s *server) func(http.ResponseWriter, *http.Request) {
			return s.status(http.StatusRequestedRangeNotSatisfiable)
		},
		"a new version": func(s *server) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				s.data, s.tag = content(2), `"two"`
				s.good(w, r) // If-Range fails: the whole
			}
		},
		"a new version, in part": func(s *server) func(http.ResponseWriter, *http.Request) {
			return func(w http.ResponseWriter, r *http.Request) {
				s.data, s.tag = content(2), `"two"`
				r.Header.Del("If-Range")
				s.good(w, r)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, o := serve(t)
			s.answers = append(s.answers, s.cut(4000), lie(s))
			s.fetched(t, o)
		})
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	s, o := serve(t)
	s.answers = append(s.answers, s.cut(4000), func(w http.ResponseWriter, r *http.Request) {
		// A busy machine can lose some of the bytes before the cut.
		var from int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(s.data)-1, len(s.data)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(append(s.data[from:len(s.data):len(s.data)], 1, 2, 3))
	})
	if _, err := Fetch(t.Context(), o); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	s.fetched(t, o)
}

func TestBusyServer(t *testing.T) {
	s, o := serve(t)
	s.answers = append(s.answers, s.status(503), s.status(500), s.status(429, "Retry-After", "0"), s.cut(10), s.status(502))
	s.fetched(t, o)
	s, o = serve(t)
	for range 20 {
		s.answers = append(s.answers, s.status(503))
	}
	if _, err := Fetch(t.Context(), o); !errors.Is(err, ErrServer) || len(s.requests) != 4 {
		t.Errorf("%d requests, %v", len(s.requests), err)
	}
	s, o = serve(t)
	s.answers = append(s.answers, s.status(404))
	if _, err := Fetch(t.Context(), o); !errors.Is(err, ErrServer) || len(s.requests) != 1 || !strings.Contains(err.Error(), "404") {
		t.Errorf("%d requests, %v", len(s.requests), err)
	}
}

func TestCancelledThenResumed(t *testing.T) {
	s, o := serve(t)
	s.answers = append(s.answers, s.stall(400_000))
	o.Stall = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(_ string, done, _ int64) {
		if done > 300_000 {
			cancel()
		}
	}
	if _, err := Fetch(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	st, err := os.Stat(filepath.Join(o.Out, "a.tgz.part"))
	if err != nil || st.Size() < 300_000 {
		t.Fatalf("%v", err)
	}
	o.Progress = nil
	s.fetched(t, o)
	if want := fmt.Sprintf("bytes=%d-", st.Size()); s.requests[1] != want {
		t.Errorf("%q, want %q", s.requests[1], want)
	}
}

func TestExpectations(t *testing.T) {
	s, o := serve(t)
	o.Files[0].SHA256 = strings.Repeat("0", 64)
	if _, err := Fetch(t.Context(), o); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if list, _ := filepath.Glob(filepath.Join(o.Out, "*")); len(list) > 0 {
		t.Errorf("files were left: %v", list)
	}
	o.Files[0] = File{Name: "a.tgz", Size: 5}
	if _, err := Fetch(t.Context(), o); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	o.Files[0] = File{Name: "a.tgz"}
	s.fetched(t, o)
	n := len(s.requests)
	r, err := Fetch(t.Context(), o)
	if err != nil || !r[0].Kept || len(s.requests) != n {
		t.Errorf("%+v, %v: a file that is there was fetched again", r, err)
	}
	o.Files[0].Size = 5
	if _, err := Fetch(t.Context(), o); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if got, err := os.ReadFile(filepath.Join(o.Out, "a.tgz")); err != nil || !bytes.Equal(got, s.data) {
		t.Error("a file that was there has changed")
	}
	for _, bad := range []Options{{BaseURL: "ftp://x", Files: o.Files}, {BaseURL: s.URL, Files: []File{{Name: "../a"}}}, {BaseURL: s.URL, Files: []File{{}}}} {
		bad.Out = o.Out
		if _, err := Fetch(t.Context(), bad); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
