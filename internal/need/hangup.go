package need

import (
	"os"
	"os/signal"
	"testing"

	"github.com/roentgo/roentgo/internal/ending"
)

// Hangup makes the programs that the test starts from now on begin with the usual way
// of the signal of a terminal's end, also where it is ignored for the test, as under
// nohup: what a program catches, those that it starts do not ignore.
func Hangup(t testing.TB) {
	t.Helper()
	if ending.Hangup == nil {
		return
	}
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, ending.Hangup)
	t.Cleanup(func() { signal.Stop(caught) })
}
