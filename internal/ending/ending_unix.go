//go:build unix

package ending

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// ending are the signals that end a program tidily.
var ending = []os.Signal{os.Interrupt, syscall.SIGTERM, Hangup}

// Hangup is the signal of a terminal that ended.
var Hangup os.Signal = syscall.SIGHUP

// untilClosedPipe returns a context that ends when a pipe is written to that
// nobody reads any more.
func untilClosedPipe(ctx context.Context) context.Context {
	ctx, _ = signal.NotifyContext(ctx, syscall.SIGPIPE)
	return ctx
}
