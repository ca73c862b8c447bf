package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
)

// serving starts `roentgo serve` with those flags on a free port until the test
// ends, and returns its address, with a slash at the end.
func serving(t *testing.T, args ...string) string {
	t.Helper()
	cmd, stderr := program(t, append([]string{"serve", "--device", "cpu", "--address", "localhost:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address := regexp.MustCompile(`http://\S+/`).FindString(line)
	if err != nil || address == "" {
		t.Fatalf("%q, %v: %s", line, err, stderr)
	}
	return address
}

// TestOpenAPI has schemathesis compare a server with its OpenAPI description, with
// and without a token: it sends what the description allows and what it does not,
// and makes all of its checks of each answer.
func TestOpenAPI(t *testing.T) {
	python, err := filepath.Abs("../../../.cache/schemathesis/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		need.Missing(t, "no schemathesis: %v (run 'sh .ci/setup')", err)
	}
	config, err := filepath.Abs("testdata/schemathesis/schemathesis.toml")
	if err != nil {
		t.Fatal(err)
	}
	model := samplertest.Tiny(t)
	examples, seed := "250", []string{"--seed", "1"}
	if os.Getenv("ROENTGO_SOAK") != "" {
		examples, seed = "5000", nil
	}
	secret := strings.Repeat("0123456789abcdef", 2)
	for _, c := range []struct{ token, accept string }{{"", "application/json"}, {secret, "application/json"}, {"", "text/event-stream"}} {
		token := c.token
		t.Setenv(tokenVariable, token)
		address := serving(t, "--model", model, "--max-prompt", "200", "--max-steps", "4", "--max-count", "2")
		args := append([]string{"-c", "from schemathesis.cli import schemathesis; schemathesis()", "--config-file", config,
			"run", "--checks", "all", "--continue-on-failure", "--max-examples", examples, "--request-timeout", "30", "--suppress-health-check", "too_slow", "--header", "Accept: " + c.accept}, seed...)
		wants := []int{200, 400, 405, 415}
		if token != "" {
			args = append(args, "--header", "Authorization: Bearer "+token)
			wants = append(wants, 401)
		}
		check := exec.CommandContext(t.Context(), python, append(args, address+"openapi.json")...)
		check.Dir = t.TempDir() // it leaves a cache where it runs
		check.Env = append(os.Environ(), "NO_COLOR=1")
		if text, err := check.CombinedOutput(); err != nil {
			t.Errorf("schemathesis, token %q: %v\n%s", token, err, text)
		}
		figures := get(t, address+"metrics", token)
		for _, status := range wants {
			if !strings.Contains(figures, fmt.Sprintf(`{route="/v1/images",status="%d"}`, status)) {
				t.Errorf("token %q: no request got status %d:\n%s", token, status, figures)
			}
		}
	}
}

// get returns the text at an address.
func get(t *testing.T, address, token string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
