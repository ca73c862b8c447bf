// Command serve serves a built site on this machine:
//
//	go run ./site/serve [-addr localhost:8000] [-isolate] [site/dist]
//
// -isolate sends the headers that [site.Headers] recommends, with which threads
// work from the first visit on.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/roentgo/roentgo/site"
)

func main() {
	addr := flag.String("addr", "localhost:8000", "address to listen on")
	isolate := flag.Bool("isolate", false, "send the headers that isolate the page from other origins, so that threads work")
	flag.Parse()
	dir := "site/dist"
	switch flag.NArg() {
	case 0:
	case 1:
		dir = flag.Arg(0)
	default:
		fmt.Fprintln(os.Stderr, "serve: more than one folder")
		os.Exit(2)
	}
	if err := serve(*addr, dir, *isolate); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func serve(addr, dir string, isolate bool) error {
	if _, err := os.Stat(filepath.Join(dir, "index.html")); err != nil {
		return fmt.Errorf("no site in %s (run 'make site'): %w", dir, err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/\n", l.Addr())
	s := &http.Server{Handler: site.Handler(dir, isolate), ReadHeaderTimeout: 10 * time.Second}
	return s.Serve(l)
}
