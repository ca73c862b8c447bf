package shaders_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/shaders"
)

// page compiles every shader and posts what the browser says of it.
const page = `<!doctype html><script type="module">
const say = x => fetch("/result", {method: "POST", body: JSON.stringify(x)});
try {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice();
  const results = {};
  for (const s of await (await fetch("/shaders")).json()) {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({code: s.code});
    const info = await module.getCompilationInfo();
    const messages = info.messages.map(m => m.lineNum + ": " + m.message);
    if (!info.messages.some(m => m.type === "error")) {
      await device.createComputePipelineAsync({layout: "auto", compute: {module, entryPoint: s.entry}}).catch(e => messages.push(String(e)));
    }
    const error = await device.popErrorScope();
    if (error) messages.push(error.message);
    results[s.name] = messages;
  }
  say({results});
} catch (e) { say({error: String(e)}); }
</script>`

func TestChromiumCompilesEveryShader(t *testing.T) {
	browser := need.Program(t, os.Getenv("ROENTGO_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
	type shader struct {
		Name  string `json:"name"`
		Entry string `json:"entry"`
		Code  string `json:"code"`
	}
	var list []shader
	for _, s := range shaders.All() {
		list = append(list, shader{fmt.Sprint(s), s.Entry, s.WGSL()})
	}
	answer := make(chan []byte, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	})
	mux.HandleFunc("GET /shaders", func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(list) })
	mux.HandleFunc("POST /result", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer <- body
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), browser, "--headless=new", "--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
		"--user-data-dir="+t.TempDir(), server.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		time.Sleep(200 * time.Millisecond) // its children still write into the folder that is about to be removed
	}()
	var result struct {
		Error   string
		Results map[string][]string
	}
	select {
	case body := <-answer:
		if err := json.Unmarshal(body, &result); err != nil {
			t.Fatal(err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("the page did not answer within two minutes")
	}
	if result.Error != "" {
		t.Fatal(result.Error)
	}
	for _, s := range list {
		messages, ok := result.Results[s.Name]
		if !ok {
			t.Errorf("%s was not compiled", s.Name)
		}
		for _, m := range messages {
			t.Errorf("%s: %s", s.Name, m)
		}
	}
}

// TestAllListsEveryEntryPoint keeps a shader from being forgotten.
func TestAllListsEveryEntryPoint(t *testing.T) {
	entries := map[[2]string]bool{}
	for _, s := range shaders.All() {
		entries[[2]string{s.File, s.Entry}] = true
		if !strings.Contains(s.WGSL(), "fn "+s.Entry+"(") {
			t.Errorf("%s has no entry point %s", s.File, s.Entry)
		}
		if n := strings.Count(s.WGSL(), "@binding("); n != s.Bindings {
			t.Errorf("%s has %d bindings, %d are said", s.File, n, s.Bindings)
		}
	}
	listed := map[string]int{}
	for e := range entries {
		listed[e[0]]++
	}
	on, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range on {
		if !strings.HasSuffix(f.Name(), ".wgsl") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "@compute"); n != listed[f.Name()] {
			t.Errorf("%s has %d entry points, %d are listed", f.Name(), n, listed[f.Name()])
		}
	}
}
