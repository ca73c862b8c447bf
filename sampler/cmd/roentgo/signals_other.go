//go:build !unix

package main

import (
	"context"
	"os"
	"syscall"
)

// ending are the signals that end a run tidily.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM}

// untilClosedPipe returns the context: here a closed pipe is no signal.
func untilClosedPipe(ctx context.Context) context.Context { return ctx }
