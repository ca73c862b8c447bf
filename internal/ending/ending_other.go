//go:build !unix

package ending

import (
	"context"
	"os"
	"syscall"
)

// ending are the signals that end a program tidily.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM}

// Hangup is the signal of a terminal that ended: here there is none.
var Hangup os.Signal

// untilClosedPipe returns the context: here a closed pipe is no signal.
func untilClosedPipe(ctx context.Context) context.Context { return ctx }
