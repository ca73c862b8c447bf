//go:build !js

package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// mostMessage bounds a message of the browser, in bytes.
const mostMessage = 64 << 20

// bidi is a connection that speaks WebDriver BiDi (W3C): commands with numbered
// answers, and events.
type bidi struct {
	socket *websocket.Conn
	event  func(method string, params json.RawMessage)

	mu      sync.Mutex
	number  int
	waiting map[int]chan answer
	ended   error // why it has ended
}

type answer struct {
	result json.RawMessage
	err    error
}

// dial opens a connection, on which event gets each event.
func dial(ctx context.Context, url string, event func(method string, params json.RawMessage)) (*bidi, error) {
	socket, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	socket.SetReadLimit(mostMessage)
	c := &bidi{socket: socket, event: event, waiting: map[int]chan answer{}}
	go c.read()
	return c, nil
}

// read passes on what the browser sends until the connection ends.
func (c *bidi) read() {
	for {
		var m struct {
			ID                   int
			Type, Error, Message string
			Method               string
			Params, Result       json.RawMessage
		}
		if err := wsjson.Read(context.Background(), c.socket, &m); err != nil {
			c.end(err)
			return
		}
		if m.Type == "event" {
			c.event(m.Method, m.Params)
			continue
		}
		a := answer{result: m.Result}
		if m.Type == "error" {
			a.err = fmt.Errorf("%s: %s", m.Error, m.Message)
		}
		c.mu.Lock()
		to := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		if to != nil {
			to <- a
		}
	}
}

// end fails all that waits.
func (c *bidi) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = fmt.Errorf("the browser has ended: %w", err)
	for id, to := range c.waiting {
		delete(c.waiting, id)
		to <- answer{err: c.ended}
	}
}

// call sends a command and decodes its result; nil: nothing is decoded.
func (c *bidi) call(ctx context.Context, method string, params map[string]any, result any) error {
	to := make(chan answer, 1)
	c.mu.Lock()
	if c.ended != nil {
		c.mu.Unlock()
		return c.ended
	}
	c.number++
	id := c.number
	c.waiting[id] = to
	c.mu.Unlock()
	// The context bounds the wait alone: cancelled within a write it would break the connection.
	if err := wsjson.Write(context.WithoutCancel(ctx), c.socket, map[string]any{"id": id, "method": method, "params": params}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a := <-to:
		if a.err != nil {
			return fmt.Errorf("%s: %w", method, a.err)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(a.result, result)
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
		return fmt.Errorf("%s: %w", method, errors.Join(ctx.Err(), context.Cause(ctx)))
	}
}
