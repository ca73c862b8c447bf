package serve

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/sampler"
)

// dial connects to a server and sends text.
func dial(t *testing.T, h *running, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

const begin = "POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

// TestSlowRequests sends headers and bodies a byte at a time, and none at all: the
// server leaves, with an answer where a request is known.
func TestSlowRequests(t *testing.T) {
	const limit = 200 * time.Millisecond
	h := start(t, usual(newSlow()), func(t *times) { t.read, t.idle = limit, limit })
	for _, c := range []struct{ name, text, says string }{
		{"header", begin, ""},
		{"nothing", "", ""},
		{"body", begin + "Content-Length: 99999\r\n\r\n", `"status":400,"error":"the body could not be read within 200ms"`},
		{"chunks", begin + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", `"status":400`},
	} {
		conn := dial(t, h, c.text)
		began := time.Now()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			answer, _ := io.ReadAll(conn)
			if !strings.Contains(string(answer), c.says) {
				t.Errorf("%s: the answer is %q", c.name, answer)
			}
		}()
		for open := true; open; {
			select {
			case <-ended:
				open = false
			case <-time.After(limit / 10):
				if c.name == "header" || c.name == "body" {
					io.WriteString(conn, "x") // fails once the server has left
				}
			}
		}
		if took := time.Since(began); took < limit/2 || took > 20*limit {
			t.Errorf("%s: the server left after %v", c.name, took)
		}
	}
}

// quick is a sampler with images at once.
type quick struct{ slow }

func (quick) Images(context.Context, sampler.Request) iter.Seq2[*sampler.Image, error] {
	return func(yield func(*sampler.Image, error) bool) {
		yield(&sampler.Image{Size: 8, Pix: make([]float32, 64)}, nil)
	}
}

// TestSlowReaders asks for a long answer and does not read it: its place in the
// queue becomes free. A client that reads slowly gets all of it.
func TestSlowReaders(t *testing.T) {
	const long = 16 << 20
	o := usual(quick{newSlow()})
	o.Encode = func(w io.Writer, _ *sampler.Image, _ int) error {
		_, err := w.Write(make([]byte, long))
		return err
	}
	const limit = 300 * time.Millisecond
	h := start(t, o, func(t *times) { t.write = limit })
	for _, accept := range []string{"application/json", eventStream} {
		request := begin + "Accept: " + accept + "\r\nConnection: close\r\nContent-Length: 13\r\n\r\n" + `{"prompt":""}`
		deaf := dial(t, h, request)
		h.wait(t, 1)
		h.wait(t, 0)
		deaf.Close()
		conn := dial(t, h, request)
		n, began := 0, time.Now()
		for piece := make([]byte, 1<<20); ; {
			m, err := io.ReadFull(conn, piece)
			n += m
			if err != nil {
				break
			}
			time.Sleep(limit / 10)
		}
		if n < long*4/3 || time.Since(began) < 2*limit {
			t.Errorf("%s: who reads slowly got %d bytes in %v", accept, n, time.Since(began))
		}
	}
}

// TestHeartbeat has one request be worked on and another wait: comments keep the
// connections of both.
func TestHeartbeat(t *testing.T) {
	o := usual(newSlow())
	o.Limits.Timeout = 500 * time.Millisecond
	h := start(t, o, func(t *times) { t.beat = 20 * time.Millisecond })
	texts := make(chan string)
	for range 2 {
		go func() {
			_, text := ask(t, "POST", h.URL+"/v1/images", `{"prompt":""}`, "Accept", eventStream)
			texts <- text
		}()
	}
	for range 2 {
		text := <-texts
		rest := strings.TrimPrefix(text, ": still here\n\n")
		if rest == text || !strings.HasPrefix(strings.ReplaceAll(rest, ": still here\n\n", ""), "event: error\n") {
			t.Errorf("%q", text)
		}
	}
}

// TestLimits starts servers with limits that are none.
func TestLimits(t *testing.T) {
	for change, says := range map[*Limits]string{
		{}: "queue", {Queue: 1, Prompt: MaxPrompt + 1, Steps: 1, Count: 1, Timeout: 1}: "prompt",
		{Queue: 1, Prompt: 1, Steps: 1, Count: MaxCount + 1, Timeout: 1}: "images", {Queue: 1, Prompt: 1, Steps: 1, Count: 1}: "timeout",
		{Queue: 1, Prompt: 1, Steps: 3, Count: 1, Timeout: 1}: "own 4",
	} {
		o := usual(four{newSlow()})
		o.Limits = *change
		if _, err := New(o); err == nil || !strings.Contains(fmt.Sprint(err), says) {
			t.Errorf("%+v: %v, want %q", *change, err, says)
		}
	}
}

// four is a sampler whose own number of steps is four.
type four struct{ slow }

func (four) Settings(sampler.Request) (s sampler.Settings, _ error) {
	s.Steps = 4
	return s, nil
}
