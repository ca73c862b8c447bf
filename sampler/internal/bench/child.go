package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/roentgo/roentgo/sampler"
)

// child is what a process of its own took that made one image.
type child struct {
	seconds float64 // from its first prompt's encoding to the file
	process float64 // from its start to its end
	peakMB  float64 // 0 where the system does not report it
}

// child runs `sample` in a process of its own, with the image written to path,
// unmarked, or to nowhere.
func (b *target) child(ctx context.Context, r sampler.Request, threads int, path string) (child, error) {
	if path == "" {
		dir, err := os.MkdirTemp("", "roentgo-bench-*")
		if err != nil {
			return child{}, err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "image.png")
	}
	program, err := os.Executable()
	if err != nil {
		return child{}, err
	}
	args := []string{"sample", "--json", "--force", "--no-mark", "--truncate", "--out", path, "--seed", fmt.Sprint(r.Seed), "--device", b.device, "--mode", b.mode, "--threads", fmt.Sprint(threads)}
	for _, m := range b.models {
		args = append(args, "--model", m)
	}
	if r.Steps > 0 {
		args = append(args, "--steps", fmt.Sprint(r.Steps))
	}
	if r.Sampler != "" {
		args = append(args, "--sampler", r.Sampler)
	}
	if r.GuidanceInterval != nil {
		args = append(args, "--guidance-interval", r.GuidanceInterval.String())
	}
	if r.Prompt != "" {
		args = append(args, "--", r.Prompt)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begun := time.Now()
	out, err := cmd.Output()
	c := child{process: time.Since(begun).Seconds()}
	if err != nil {
		if ctx.Err() != nil { // which has ended it
			return c, ctx.Err()
		}
		return c, fmt.Errorf("roentgo %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var last struct {
		Elapsed float64 `json:"elapsed_s"`
		PeakMB  float64 `json:"peak_mb"`
	}
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		return c, fmt.Errorf("roentgo %s ended with %q: %w", strings.Join(args, " "), lines[len(lines)-1], err)
	}
	c.seconds, c.peakMB = last.Elapsed, last.PeakMB
	return c, nil
}
