// Command build builds the site:
//
//	go run ./site/build [-out site/dist] [-library DIR]
//
// It is run at the root of the repository, needs Go alone, and gives the same
// bytes every time.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/roentgo/roentgo/site"
)

func main() {
	out := flag.String("out", "site/dist", "folder of the built site; one that a build made before is replaced")
	library := flag.String("library", "", "folder of a built library; default: it is built from ./wasm")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "build: argument %q is not understood\n", flag.Arg(0))
		os.Exit(2)
	}
	if err := site.Build(*out, site.Options{Source: "site", Library: *library}); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}
