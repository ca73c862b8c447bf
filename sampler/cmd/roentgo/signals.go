package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// interrupted is what a run says that a signal ended.
const interrupted = "roentgo: interrupted; what was being made is not written"

// A run that a signal ended has grace to tidy up and return. Then it is where
// nothing stops it, as in one operation of a large network or in a write to a
// pipe that nobody empties, and the program ends all the same.
const (
	grace   = 600 * time.Millisecond
	toSpeak = 100 * time.Millisecond // standard error can be such a pipe
)

// untilSignal returns a context that ends with a signal. A pipe that nobody
// reads any more ends a run as a signal does, each time that something is
// written to it. A second signal ends the program at once.
func untilSignal() context.Context {
	ctx, stop := signal.NotifyContext(untilClosedPipe(context.Background()), heeded()...)
	context.AfterFunc(ctx, func() {
		stop()
		time.Sleep(grace)
		atomicfile.Abandon()
		go fmt.Fprintln(os.Stderr, interrupted)
		time.Sleep(toSpeak)
		os.Exit(1)
	})
	return ctx
}

// heeded are the signals that end a run. The end of a terminal is none where
// whoever started the program has it ignored, as nohup does. An interrupt is one
// always: a shell has each program that a script starts in the background ignore
// it, and whoever sends it to that program means it.
func heeded() (list []os.Signal) {
	for _, s := range ending {
		if s != hangup || !signal.Ignored(s) {
			list = append(list, s)
		}
	}
	return list
}
