package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// peer is another implementation, a process that reads one question per line and
// answers each with a line of JSON.
type peer struct {
	name    string
	command string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	stderr  strings.Builder
}

// answer is a line of a peer: its name, when it is ready; then seconds or
// bytes; nothing where it does not know the question; or what went wrong.
type answer struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Bytes   float64 `json:"bytes"`
	Error   string  `json:"error"`
}

// peers are those of one run, with a folder for what they write.
type peers struct {
	list    []*peer
	scratch string
}

func startPeers(ctx context.Context, commands, args []string) (*peers, error) {
	if len(commands) == 0 {
		return &peers{}, nil
	}
	scratch, err := os.MkdirTemp("", "roentgo-bench-*")
	if err != nil {
		return nil, err
	}
	p := &peers{scratch: scratch}
	args = append(args, "--scratch", scratch)
	for _, command := range commands {
		one, err := startPeer(ctx, command, args)
		if err != nil {
			p.close()
			return nil, err
		}
		p.list = append(p.list, one)
	}
	return p, nil
}

func startPeer(ctx context.Context, command string, args []string) (*peer, error) {
	words := append(strings.Fields(command), args...)
	p := &peer{command: command, cmd: exec.CommandContext(ctx, words[0], words[1:]...)}
	p.cmd.Stderr = &p.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready, err := p.read()
	if err != nil {
		p.close()
		return nil, err
	}
	p.name = ready.Name
	return p, nil
}

func (p *peer) read() (a answer, err error) {
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	if err != nil {
		text := strings.TrimSpace(p.stderr.String())
		err = fmt.Errorf("peer %q: %w %s", p.command, err, text[max(0, len(text)-500):])
	}
	return a, err
}

// settle is how long after a peer's turn its threads may spin.
const settle = 50 * time.Millisecond

// ask gives every peer its turn at a row.
func (p *peers) ask(r *measured) error {
	if r.question == "" {
		return nil
	}
	for _, one := range p.list {
		if _, err := fmt.Fprintln(one.in, r.question); err != nil {
			return fmt.Errorf("peer %q: %w", one.command, err)
		}
		a, err := one.read()
		if err != nil {
			return err
		}
		if v := a.Seconds + a.Bytes; v > 0 {
			r.theirs[one.name] = append(r.theirs[one.name], v)
		}
		time.Sleep(settle)
	}
	return nil
}

// close ends the peers: each ends where its questions do.
func (p *peers) close() {
	for _, one := range p.list {
		one.close()
	}
	if p.scratch != "" {
		os.RemoveAll(p.scratch)
	}
}

func (p *peer) close() {
	p.in.Close()
	p.cmd.Wait() // its answers say whether it failed
}
