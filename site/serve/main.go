// Command serve serves a built site on this machine:
//
//	go run ./site/serve [-addr localhost:8000] [-plain] [site/dist]
//
// It sends the headers of [site.Headers], with which threads work from the first
// visit on; with -plain it sends none of them, as a host that cannot.
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
	plain := flag.Bool("plain", false, "send no headers of the page's policy, as a host that cannot")
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
	if err := serve(*addr, dir, !*plain); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func serve(addr, dir string, strict bool) error {
	if _, err := os.Stat(filepath.Join(dir, "index.html")); err != nil {
		return fmt.Errorf("no site in %s (run 'make site'): %w", dir, err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/\n", l.Addr())
	s := &http.Server{Handler: site.Handler(dir, strict), ReadHeaderTimeout: 10 * time.Second}
	return s.Serve(l)
}
