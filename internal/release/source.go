package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// checkOut clones the repository into a new folder, so that a release holds what
// is committed and nothing else. remove removes the folder.
func checkOut(ctx context.Context) (dir string, remove func(), err error) {
	root, err := git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", nil, err
	}
	changed, err := git(ctx, "-C", root, "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return "", nil, err
	}
	if changed != "" {
		return "", nil, errors.New("the repository has changes that are not committed; commit them first:\n" + changed)
	}
	if dir, err = os.MkdirTemp("", "roentgo-source-"); err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	if _, err := git(ctx, "clone", "-q", root, dir); err != nil {
		remove()
		return "", nil, err
	}
	return dir, remove, nil
}

// git returns what git prints, without the last line break.
func git(ctx context.Context, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, "git", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	return strings.TrimSuffix(string(text), "\n"), nil
}
