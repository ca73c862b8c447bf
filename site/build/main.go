// Command build builds the site:
//
//	go run ./site/build [-out site/dist] [-library DIR]
//
// It is run at the root of the repository, needs Go alone, and gives the same
// bytes every time.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/roentgo/roentgo/site"
)

func main() {
	out := flag.String("out", "site/dist", "folder of the built site; one that a build made before is replaced")
	library := flag.String("library", "", "folder of a built library; default: it is built")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "build: argument %q is not understood\n", flag.Arg(0))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := site.Build(ctx, *out, site.Options{Root: ".", Library: *library}); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}
