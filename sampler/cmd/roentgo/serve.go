package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/internal/serve"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// tokenVariable names the environment variable that holds the token of `serve`.
const tokenVariable = "ROENTGO_TOKEN"

// serveFlags are those of `serve`.
type serveFlags struct {
	sampleFlags
	address, tokenFile string
	origins            []string
	limits             serve.Limits
	logPrompts         bool
}

func serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Offer a page and a JSON API that make images",
		Long: `Offer a page and a JSON API that make images: POST /v1/images, with progress as
server-sent events, described by GET /openapi.json; GET /healthz and GET /metrics.

Only this machine can reach the default address. Another needs a token, of
--token-file or $` + tokenVariable + `, which each request must have as "Authorization: Bearer
TOKEN". The connection is not encrypted: put a proxy with TLS before it. The log
goes to stderr as JSON, without prompts. sampler/SERVE.md in the sources has
examples and says how to host it.`,
		Example: `  roentgo serve
  roentgo serve --address :8080 --token-file token.txt
  curl -H 'Content-Type: application/json' -d '{"prompt":"effusion"}' http://localhost:8080/v1/images`,
		Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	l := cmd.Flags()
	l.StringVar(&f.address, "address", "localhost:8080", "host and port to listen on")
	l.StringVar(&f.tokenFile, "token-file", "", "file with the token that requests must have (default: $"+tokenVariable+", else none)")
	l.StringArrayVar(&f.origins, "allow-origin", nil, "origin of a page of another host that may use the API, such as https://example.org; once per origin")
	l.IntVar(&f.limits.Queue, "queue", 16, "requests that may wait or be worked on; others get status 429")
	l.IntVar(&f.limits.Prompt, "max-prompt", 4<<10, "characters of a prompt")
	l.IntVar(&f.limits.Steps, "max-steps", 100, "steps of an image")
	l.IntVar(&f.limits.Count, "max-count", 4, "images of a request")
	l.DurationVar(&f.limits.Timeout, "timeout", 5*time.Minute, "longest time of a request, with its time in the queue")
	l.BoolVar(&f.logPrompts, "log-prompts", false, "write prompts to the log")
	f.models.add(l)
	l.StringVar(&f.device, "device", sampler.Auto, "auto, gpu or cpu")
	l.IntVar(&f.threads, "threads", 0, "of the CPU (default: one per core)")
	l.StringVar(&f.keyFile, watermarkKey, "", "file with the secret of your own watermarks, of 16 bytes or more (default: the public key, which proves nothing)")
	f.mode = cpu.Fast
	return cmd
}

// token returns that of the file or of the environment.
func (f *serveFlags) token() (string, error) {
	text := os.Getenv(tokenVariable)
	if f.tokenFile != "" {
		data, err := regular.Read(f.tokenFile, maxSecret)
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		text = strings.TrimRight(string(data), "\r\n")
	}
	if n := len(text); n < leastSecret && (n > 0 || f.tokenFile != "") {
		return "", misuse{fmt.Errorf("the token has %d bytes, at least %d are needed (such as of: openssl rand -hex 32)", n, leastSecret)}
	}
	return text, nil
}

func (f *serveFlags) run(cmd *cobra.Command) error {
	token, err := f.token()
	if err != nil {
		return err
	}
	if token == "" && !serve.IsLoopback(f.address) {
		return misuse{fmt.Errorf("--address %s: others can reach it, so a token is needed (set --token-file or $%s)", f.address, tokenVariable)}
	}
	if f.key, err = readKey(f.keyFile); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", f.address)
	if err != nil {
		return fmt.Errorf("--address: %w", err)
	}
	defer listener.Close()
	if token == "" && !serve.IsLoopback(listener.Addr().String()) { // a name that only sounds like this machine's
		return misuse{fmt.Errorf("--address %s is %s: others can reach it, so a token is needed (set --token-file or $%s)", f.address, listener.Addr(), tokenVariable)}
	}
	s, err := f.open(cmd.Context())
	if err != nil {
		return err
	}
	defer s.Close()
	server, err := serve.New(serve.Options{Sampler: s, Limits: f.limits, Token: token, Origins: f.origins, LogPrompts: f.logPrompts,
		Log: slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil)),
		Encode: func(w io.Writer, img *sampler.Image, index int) error {
			return provenance.Encode(w, f.pixels(s, img), f.settings(s, img.Settings, index))
		}})
	if err != nil {
		return misuse{err}
	}
	if _, err := fmt.Fprintf(cmd.OutOrStdout(), "serving on http://%s/ with %s\n", listener.Addr(), s.Device()); err != nil {
		return err
	}
	return server.Serve(cmd.Context(), listener)
}
