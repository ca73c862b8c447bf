//go:build !unix

package main

import (
	"context"
	"os"
	"syscall"
)

// ending are the signals that end a run tidily.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM}

// hangup is the signal of a terminal that ended: here there is none.
var hangup os.Signal

// untilClosedPipe returns the context: here a closed pipe is no signal.
func untilClosedPipe(ctx context.Context) context.Context { return ctx }
