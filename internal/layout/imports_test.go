// Package layout_test checks the rules of ARCHITECTURE.md: which way imports
// point, and what a program that imports the library gets with it.
package layout_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

const module = "github.com/roentgo/roentgo/"

// rules say what the packages of a folder may import of this module, in files
// that are no tests. The first rule whose folder has the package holds. "..." at an
// end is every package below.
var rules = []struct {
	folder  string
	imports string
}{
	{"internal/graph", "sampler/model"},
	{"internal/modeltest", "internal/graph internal/random sampler/model"},
	{"internal/record", "internal/graph sampler/model weights"},
	{"internal/randomfile", "internal/random sampler weights"},
	{"internal/attacks/modelfile", "internal/attacks weights"},
	{"internal/samplertest", "internal/... sampler/... weights/..."},
	{"internal/...", "internal/..."},
	{"weights/...", "weights internal/..."},
	{"sampler/model", ""},
	{"sampler/schedule", ""},
	{"sampler/prompt", ""},
	{"sampler/provenance", "internal/..."},
	{"sampler/internal/cpu/gen/tune", "sampler/internal/cpu sampler/model internal/..."},
	{"sampler/internal/cpu/...", "sampler/internal/cpu/... internal/..."},
	{"sampler/internal/simd", "internal/..."},
	{"sampler/internal/gpu", "shaders internal/..."},
	{"shaders", ""},
	{"sampler/internal/...", "sampler/... weights/... internal/..."},
	{"sampler/...", "sampler/... weights/... internal/..."},
	{"wasm/...", "wasm/... sampler/... weights/... internal/..."},
	{"site/strip", "sampler/... weights/... internal/..."},
	{"site/...", "site/... weights/... internal/..."},
	{"trainer/runs", "trainer/bert trainer/dataset sampler/... weights internal/..."},
	{"trainer/...", "trainer/... sampler/... weights/... internal/..."},
}

// has reports whether a pattern of rules names the package.
func has(pattern, pkg string) bool {
	folder, below := strings.CutSuffix(pattern, "/...")
	return pkg == folder || below && strings.HasPrefix(pkg, folder+"/")
}

// usesCgo are the packages that may contain C.
var usesCgo = []string{"trainer/libtorch", "sampler/internal/gpu"}

type goPackage struct {
	ImportPath        string
	Imports, CgoFiles []string
}

// packages lists the module's packages as a build sees them.
func packages(t *testing.T, environment []string, flags ...string) []goPackage {
	t.Helper()
	list := exec.Command(need.Program(t, "go"), append(append([]string{"list", "-e", "-json=ImportPath,Imports,CgoFiles"}, flags...), module+"...")...)
	list.Env, list.Stderr = append(os.Environ(), environment...), os.Stderr
	text, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %v", list, err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(text))); ; {
		var p goPackage
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for name, all := range map[string][]goPackage{
		"plain":    packages(t, nil),
		"libtorch": packages(t, []string{"CGO_ENABLED=1"}, "-tags", "libtorch"),
		"browser":  packages(t, []string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}),
	} {
		for _, p := range all {
			pkg := strings.TrimPrefix(p.ImportPath, module)
			i := slices.IndexFunc(rules, func(r struct{ folder, imports string }) bool { return has(r.folder, pkg) })
			if i < 0 {
				t.Errorf("no rule says what %s may import: add one here and in ARCHITECTURE.md", pkg)
				continue
			}
			seen[rules[i].folder] = true
			allowed := strings.Fields(rules[i].imports)
			for _, path := range p.Imports {
				other, ours := strings.CutPrefix(path, module)
				if ours && !slices.ContainsFunc(allowed, func(a string) bool { return has(a, other) }) {
					t.Errorf("%s: %s imports %s; it may import %q", name, pkg, other, rules[i].imports)
				}
			}
			if len(p.CgoFiles) > 0 && !slices.Contains(usesCgo, pkg) {
				t.Errorf("%s contains C, which only %q may", pkg, usesCgo)
			}
		}
	}
	for _, r := range rules {
		if !seen[r.folder] {
			t.Errorf("the rule of %s is about no package", r.folder)
		}
	}
}

// public are the packages for other people's programs, and shaders, which lies
// where people look for it and promises nothing. What else lies outside internal
// is a command, or belongs to the trainer.
var public = []string{"sampler", "sampler/model", "sampler/prompt", "sampler/provenance", "sampler/schedule", "shaders", "weights", "weights/default", "weights/fast"}

func TestPublicPackages(t *testing.T) {
	list := exec.Command(need.Program(t, "go"), "list", "-f", "{{if and .GoFiles (ne .Name \"main\")}}{{.ImportPath}}{{end}}", module+"...")
	text, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, path := range strings.Fields(string(text)) {
		pkg := strings.TrimPrefix(path, module)
		if !strings.Contains("/"+pkg+"/", "/internal/") && !has("trainer/...", pkg) {
			got = append(got, pkg)
		}
	}
	if want := append([]string{"site"}, public...); !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("other programs can import\n%q, the rule is\n%q", sorted(got), sorted(want))
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// networking are packages of Go that only a program that talks to a network needs. They
// weigh much, and without them a model file or a prompt cannot reach the network.
var networking = []string{"net", "net/http", "crypto/tls"}

// TestNoNetworking checks that neither the library nor the browser's program links
// them, through whichever module.
func TestNoNetworking(t *testing.T) {
	programs := map[string][]string{"wasm": {"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}}
	for _, p := range public {
		programs[p] = nil
	}
	for pkg, environment := range programs {
		list := exec.Command(need.Program(t, "go"), "list", "-deps", module+pkg)
		list.Env, list.Stderr = append(os.Environ(), environment...), os.Stderr
		text, err := list.Output()
		if err != nil {
			t.Fatalf("%v: %v", list, err)
		}
		for _, linked := range strings.Fields(string(text)) {
			if slices.Contains(networking, linked) {
				t.Errorf("%s links %s; go list -deps -json shows which import brings it", pkg, linked)
			}
		}
	}
}

// TestNoGPUWithoutC checks that the program for the CPU does not need the module with
// the library for GPUs, which is most of what a first build downloads.
func TestNoGPUWithoutC(t *testing.T) {
	for cgo, want := range map[string]bool{"0": false, "1": true} {
		list := exec.Command(need.Program(t, "go"), "list", "-deps", module+"sampler/cmd/roentgo")
		list.Env, list.Stderr = append(os.Environ(), "CGO_ENABLED="+cgo), os.Stderr
		text, err := list.Output()
		if err != nil {
			t.Fatalf("%v: %v", list, err)
		}
		if got := strings.Contains(string(text), "cogentcore/webgpu"); got != want {
			t.Errorf("with CGO_ENABLED=%s the program needs cogentcore/webgpu: %v, want %v", cgo, got, want)
		}
	}
}
