// Command size prints what a built site weighs besides the model, and fails
// where that is more than [site.MaxPayload]:
//
//	go run ./site/size [site/dist]
package main

import (
	"fmt"
	"os"

	"github.com/roentgo/roentgo/site"
)

func main() {
	dir := "site/dist"
	switch len(os.Args) {
	case 1:
	case 2:
		dir = os.Args[1]
	default:
		fmt.Fprintln(os.Stderr, "size: more than one folder")
		os.Exit(2)
	}
	_, compressed, err := site.Payload(os.Stdout, dir)
	if err == nil && compressed > site.MaxPayload {
		err = fmt.Errorf("%d bytes, at most %d are allowed", compressed, site.MaxPayload)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}
