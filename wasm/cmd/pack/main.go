// Command pack builds the library for browsers into a folder.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/roentgo/roentgo/internal/pack"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage, in the repository: go run ./wasm/cmd/pack FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := pack.Build(ctx, ".", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
