package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// finding is an entry of a database of vulnerabilities, of a function that the
// package weights calls.
const finding = `{"schema_version": "1.3.1", "id": "GO-2026-9999", "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
	"summary": "Made up for a test", "details": "Made up for a test",
	"affected": [{"package": {"name": "github.com/klauspost/compress", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
		"ecosystem_specific": {"imports": [{"path": "github.com/klauspost/compress/zstd", "symbols": ["NewReader"]}]}}],
	"database_specific": {"url": "https://example.org/GO-2026-9999"}}`

// TestVulnerabilities runs the check of .ci/run with a database that has a finding,
// and with none that can be reached.
func TestVulnerabilities(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a tool")
	}
	database := t.TempDir()
	for name, text := range map[string]string{
		"index/db.json":        `{"modified": "2026-01-01T00:00:00Z"}`,
		"index/modules.json":   `[{"path": "github.com/klauspost/compress", "vulns": [{"id": "GO-2026-9999", "modified": "2026-01-01T00:00:00Z"}]}]`,
		"ID/GO-2026-9999.json": finding,
	} {
		file := filepath.Join(database, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		environment, pkg string
		status           int
		says             string
	}{
		"a finding":            {"GOVULNDB=file://" + database, "./weights", 3, "GO-2026-9999"},
		"no finding":           {"GOVULNDB=file://" + database, "./shaders", 0, "No vulnerabilities found."},
		"no network":           {"HTTPS_PROXY=http://127.0.0.1:1", "./weights", 0, "SKIPPED govulncheck: its database, https://vuln.go.dev, cannot be reached"},
		"a package not found ": {"GOVULNDB=file://" + database, "./nothing", 1, "directory not found"},
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "../../.ci/vulnerabilities", c.pkg)
		cmd.Env = append(os.Environ(), "GOVULNDB=", c.environment)
		text, _ := cmd.CombinedOutput()
		if status := cmd.ProcessState.ExitCode(); status != c.status || !strings.Contains(string(text), c.says) {
			t.Errorf("%s: status %d, want %d and %q:\n%s", name, status, c.status, c.says, text)
		}
	}
}
