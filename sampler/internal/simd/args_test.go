//go:build !js

package simd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	cStruct  = regexp.MustCompile(`(?m)^struct (\w+) \{\n((?s:.*?))^\};`)
	cComment = regexp.MustCompile(`//[^\n]*`)
	capital  = regexp.MustCompile(`[A-Z]`)
	cArray   = regexp.MustCompile(`^(\w+)(\[\d\])$`)
)

// cFields lists the fields of a struct of kernels.h, each as "name type" with
// the type that it has in args.go.
func cFields(body string) []string {
	var list []string
	for declaration := range strings.SplitSeq(cComment.ReplaceAllString(body, ""), ";") {
		declaration = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(declaration), "const "))
		kind, names, _ := strings.Cut(declaration, " ")
		for name := range strings.SplitSeq(names, ",") {
			name = strings.TrimSpace(name)
			switch m := cArray.FindStringSubmatch(name); {
			case name == "":
			case strings.HasPrefix(name, "*"):
				list = append(list, name[1:]+" place")
			case m != nil && kind == "u32":
				list = append(list, m[1]+" "+m[2]+"int")
			case kind == "u32":
				list = append(list, name+" int")
			case kind == "float":
				list = append(list, name+" float32")
			default:
				list = append(list, name+" unknown "+kind)
			}
		}
	}
	return list
}

// TestArguments compares the structs of args.go with those of kernels.h.
func TestArguments(t *testing.T) {
	header, err := os.ReadFile("kernels/kernels.h")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, m := range cStruct.FindAllStringSubmatch(string(header), -1) {
		want[m[1]] = cFields(m[2])
	}
	file, err := parser.ParseFile(token.NewFileSet(), "args.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !strings.HasSuffix(spec.Name.Name, "Args") {
			return true
		}
		count++
		name := strings.TrimSuffix(spec.Name.Name, "Args")
		name = capital.ReplaceAllStringFunc(name, func(s string) string { return "_" + strings.ToLower(s) })
		var got []string
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			for _, id := range f.Names {
				got = append(got, id.Name+" "+types.ExprString(f.Type))
			}
		}
		if !slices.Equal(got, want[name]) {
			t.Errorf("%s has\n%q, kernels.h has\n%q", spec.Name.Name, got, want[name])
		}
		return false
	})
	// All of kernels.h but op and team, which have no arguments.
	if count != len(want)-2 {
		t.Errorf("%d structs, kernels.h has %d", count, len(want)-2)
	}
}
