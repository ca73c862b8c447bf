//go:build !js

package browsertest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

const goTestWorker = `import "wasm_exec.js";
import "queue.js";
// Everything that the program writes, line by line.
self.fs.writeSync = ((decoder) => { let rest = ""; return (fd, bytes) => {
  const lines = (rest + decoder.decode(bytes)).split("\n");
  rest = lines.pop();
  for (const line of lines) self.postMessage({ line });
  return bytes.length;
}; })(new TextDecoder());
const go = new self.Go();
self.onmessage = async ({ data }) => {
  go.argv = ["test", ...data];
  go.exit = (code) => self.postMessage({ code });
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/test.wasm"), go.importObject);
  await go.run(instance);
};`

// GoTest compiles the tests of a package for the browser and runs them in a
// worker of a page. arguments are those of a test binary, such as
// "-test.run=X". The package's folder is served beside it. It returns what they
// wrote, and whether they passed.
func GoTest(t testing.TB, b *Browser, pkg string, arguments ...string) (output string, passed bool) {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "test", "-c", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "test.wasm"), pkg)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		t.Fatal(err)
	}
	gpu, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/roentgo/roentgo/sampler/internal/gpu").Output()
	if err != nil {
		t.Fatal(err)
	}
	line := func(b []byte) string { return strings.TrimSpace(string(b)) }
	made := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: goTestWorker, ResolveDir: dir},
		Bundle: true, Format: api.FormatESModule, Outfile: filepath.Join(dir, "worker.js"), Write: true, LogLevel: api.LogLevelSilent,
		Alias: map[string]string{"wasm_exec.js": filepath.Join(line(goroot), "lib/wasm/wasm_exec.js"), "queue.js": filepath.Join(line(gpu), "queue.js")},
	})
	if len(made.Errors) > 0 {
		t.Fatal(made.Errors[0].Text)
	}
	s := Serve(t, map[string]string{"/": "<!doctype html><title>go test</title>"}, dir, line(folder))
	s.Isolate = true
	p := b.Page(t, s.URL+"/")
	list, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	var ran struct {
		Lines []string
		Code  int
	}
	err = p.Eval(t.Context(), `const w = new Worker("/worker.js", {type: "module"});
	const lines = [];
	return await new Promise((done, failed) => {
		w.onerror = (e) => failed(new Error(e.message));
		w.onmessage = ({data}) => { if (data.line !== undefined) lines.push(data.line); else done({lines, code: data.code}); };
		w.postMessage(`+string(list)+`);
	});`, &ran)
	if err != nil {
		t.Fatalf("%v\nthe page said:\n%s", err, strings.Join(p.Said(), "\n"))
	}
	return strings.Join(ran.Lines, "\n"), ran.Code == 0
}
