// Package ending ends a program by a signal: within a second from wherever it is,
// with nothing left half written, and at once by a second signal.
package ending

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// A program that a signal ended has grace to tidy up and return. Then it is where
// nothing stops it, as in one operation of a large network or in a write to a
// pipe that nobody empties, and it ends all the same.
const (
	grace   = 600 * time.Millisecond
	toSpeak = 100 * time.Millisecond // standard error can be such a pipe
)

// burst is how long signals count as one. Some are sent twice: timeout(1) sends
// one to the program and another to its group, and a program that passes on an
// interrupt of the terminal sends it to one that has had it.
const burst = 100 * time.Millisecond

// Interrupted is what a program says that a signal ended.
func Interrupted(program string) string {
	return program + ": interrupted; what was being made is not written"
}

// held is locked for reading while there is work that must not be lost.
var held sync.RWMutex

// Hold begins work that would be lost if the program ended in the middle, such as
// the steps since a checkpoint: after a first signal the program waits until
// release is called. A second signal ends it all the same.
func Hold() (release func()) {
	held.RLock()
	return held.RUnlock
}

// Context returns a context that ends with a signal. A pipe that nobody reads any
// more ends a program as a signal does, each time that something is written to
// it. Where the program does not return soon after, it is ended with status 1.
func Context(program string) context.Context {
	ctx, stop := signal.NotifyContext(untilClosedPipe(context.Background()), heeded()...)
	context.AfterFunc(ctx, func() {
		working := !held.TryLock()
		if working {
			go fmt.Fprintf(os.Stderr, "%s: interrupted; it ends after this step, with a checkpoint (a second signal ends it at once, without)\n", program)
		} else {
			held.Unlock()
		}
		time.Sleep(burst)
		stop()
		time.Sleep(grace - burst)
		held.Lock()
		if working {
			time.Sleep(grace) // to return after it
		}
		atomicfile.Abandon()
		go fmt.Fprintln(os.Stderr, Interrupted(program))
		time.Sleep(toSpeak)
		os.Exit(1)
	})
	return ctx
}

// heeded are the signals that end a program. The end of a terminal is none where
// whoever started the program has it ignored, as nohup does. An interrupt is one
// always: a shell has each program that a script starts in the background ignore
// it, and whoever sends it to that program means it.
func heeded() (list []os.Signal) {
	for _, s := range ending {
		if s != Hangup || !signal.Ignored(s) {
			list = append(list, s)
		}
	}
	return list
}
