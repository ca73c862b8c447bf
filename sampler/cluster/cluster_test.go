package cluster

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
)

// images is how many images the tests make: more than there are tasks, and not
// a multiple of them.
const images = "11"

// program builds the static program, and makes it sample with a tiny model.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roentgo")
	build := exec.CommandContext(t.Context(), need.Program(t, "go"), "build", "-o", path, "../cmd/roentgo")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("ROENTGO_MODEL", samplertest.Tiny(t))
	return path
}

// whole makes the images in one go, for comparison, and returns their folder.
func whole(t *testing.T, roentgo, prompt string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), roentgo, "sample", "--device", "cpu", "--seed", "1", "--count", images, "--out", filepath.Join(dir, "xray.png"), prompt)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// same checks that two folders have the same images, byte by byte.
func same(t *testing.T, want, got string) {
	t.Helper()
	list := func(dir string) map[string][]byte {
		paths, err := filepath.Glob(filepath.Join(dir, "*.png"))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, p := range paths {
			data, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.Base(p)] = data
		}
		return files
	}
	a, b := list(want), list(got)
	if fmt.Sprint(len(a)) != images || len(b) != len(a) {
		t.Fatalf("%d images in one go, %d in parts; %s are wanted", len(a), len(b), images)
	}
	for name, data := range a {
		if !bytes.Equal(data, b[name]) {
			t.Errorf("%s, made in parts, is another file", name)
		}
	}
}

// TestKubernetesJob checks the manifest against the API's own types and runs
// its command as each of its pods would.
func TestKubernetesJob(t *testing.T) {
	text, err := os.ReadFile("job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var job batch.Job
	if err := yaml.UnmarshalStrict(text, &job); err != nil {
		t.Fatal(err)
	}
	s := job.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || s.CompletionMode == nil || *s.CompletionMode != batch.IndexedCompletion ||
		s.Completions == nil || s.Template.Spec.RestartPolicy != core.RestartPolicyNever || len(s.Template.Spec.Containers) != 1 {
		t.Fatalf("not an Indexed Job of one container: %+v", s)
	}
	c := s.Template.Spec.Containers[0]
	if !slices.Contains(c.Command, fmt.Sprintf("--shard=auto/%d", *s.Completions)) {
		t.Errorf("%d completions, and the command is %q", *s.Completions, c.Command)
	}
	mount := c.VolumeMounts[0].MountPath
	dir := t.TempDir()
	var args []string
	for _, word := range c.Command[1:] {
		args = append(args, strings.Replace(word, mount, dir, 1))
	}
	args = append(args, "--count="+images)
	roentgo := program(t)
	for i := range *s.Completions {
		pod := exec.CommandContext(t.Context(), roentgo, args...)
		pod.Env = append(os.Environ(), fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i))
		if out, err := pod.CombinedOutput(); err != nil {
			t.Fatalf("pod %d: %v: %s", i, err, out)
		}
	}
	same(t, whole(t, roentgo, c.Command[len(c.Command)-1]), dir)
}
