//go:build !js

package main_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"github.com/roentgo/roentgo/internal/browsertest"
	"github.com/roentgo/roentgo/weights"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// cutting guards what the handlers of a test share.
var cutting sync.Mutex

const modelFile = "/model/roentgo-mini.safetensors.zst"

// inPieces are the files of a host that has the model cut into pieces.
func inPieces(t *testing.T, m *weights.Manifest) map[string]string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(shipped.Manifest, &fields); err != nil {
		t.Fatal(err)
	}
	fields["pieces"] = "pieces/"
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"/model/roentgo-mini.manifest.json": string(text)}
	for _, f := range m.Frames {
		files["/model/pieces/"+f.SHA256] = string(shipped.File[f.Offset : f.Offset+f.Size])
	}
	return files
}

func manifest(t *testing.T) *weights.Manifest {
	t.Helper()
	m, err := weights.ParseManifest(shipped.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rangeOf returns the range that a request asks for.
func rangeOf(r *http.Request) (from, to int64) {
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); n != 2 {
		return 0, -1
	}
	return from, to
}

const loadAndReport = `
	const s = await roentgo.Sampler.load(manifest, {device: "wasm", onProgress: (p) => { globalThis.last = p; }});
	const out = {store: s.store, cached: last.cached, total: last.total};
	s.close();
	return out;`

type loadedAs struct {
	Store         struct{ Where, Reason string }
	Cached, Total int
}

// keptBytes is what an error says of how much is kept.
var keptBytes = regexp.MustCompile(`; ([0-9]+) of [0-9]+ bytes are kept on this device`)

// TestCut cuts the download at every tenth, each time closing the page, and
// goes on. Nothing that came is fetched again, however the host serves.
func TestCut(t *testing.T) {
	m := manifest(t)
	for name, host := range map[string]struct {
		files    map[string]string
		noRanges bool
	}{
		"ranges":    {},
		"pieces":    {files: inPieces(t, m)},
		"no ranges": {noRanges: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, host.files)
			s.NoRanges = host.noRanges
			b := browsertest.Open(t)
			var bytesSent int64 // since the cut before
			limit := int64(0)
			cutter := func(w http.ResponseWriter, r *http.Request) bool {
				var body []byte
				from, to := rangeOf(r)
				switch piece, isPiece := strings.CutPrefix(r.URL.Path, "/model/pieces/"); {
				case isPiece:
					body = []byte(host.files["/model/pieces/"+piece])
					if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); n == 1 {
						w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
						body = body[from:]
					}
				case r.URL.Path == modelFile && to >= 0 && !host.noRanges:
					body = shipped.File[from : to+1]
					w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(shipped.File)))
				case r.URL.Path == modelFile:
					body = shipped.File
				default:
					return false
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				if w.Header().Get("Content-Range") != "" {
					w.WriteHeader(http.StatusPartialContent)
				}
				for len(body) > 0 {
					n := min(len(body), 64<<10)
					if limit > 0 && bytesSent+int64(n) > limit {
						panic(http.ErrAbortHandler) // the connection breaks
					}
					bytesSent += int64(n)
					if _, err := w.Write(body[:n]); err != nil {
						return true
					}
					body = body[n:]
				}
				return true
			}
			s.Fault(func(w http.ResponseWriter, r *http.Request) bool {
				cutting.Lock() // one at a time: the count is exact
				defer cutting.Unlock()
				return cutter(w, r)
			})
			before := 0 // bytes
			for tenth := 1; tenth <= 9; tenth++ {
				p := page(t, b, s)
				bytesSent, limit = 0, int64(len(shipped.File))/10*int64(tenth)
				if !host.noRanges {
					limit = int64(len(shipped.File)) / 10
				}
				err := p.Eval(t.Context(), loadAndReport, nil)
				if err == nil || !strings.HasPrefix(err.Error(), "network: ") || !strings.Contains(err.Error(), "are kept on this device") {
					t.Fatalf("cut at %d tenths: got %v", tenth, err)
				}
				said := keptBytes.FindStringSubmatch(err.Error())
				if said == nil {
					t.Fatalf("cut at %d tenths: %v does not say how much is kept", tenth, err)
				}
				kept, _ := strconv.Atoi(said[1])
				if kept < before {
					t.Errorf("cut at %d tenths: %d bytes are kept, %d were before", tenth, kept, before)
				}
				before = kept
				p.Close()
			}
			// What was on its way at a cut is lost, on a busy machine more of it.
			if before < len(shipped.File)/4 {
				t.Errorf("%d of %d bytes are kept after nine cuts", before, len(shipped.File))
			}
			limit, bytesSent = 0, 0
			p := page(t, b, s)
			var got loadedAs
			p.Must(loadAndReport, &got)
			missing := int64(0)
			for _, f := range m.Frames {
				missing += f.Size
			}
			missing -= int64(got.Cached)
			if !host.noRanges && bytesSent != missing {
				t.Errorf("%d bytes were fetched, %d were missing", bytesSent, missing)
			}
			s.Reset()
			p.Must(loadAndReport, &got)
			if got.Cached != got.Total {
				t.Errorf("at last %d of %d bytes are kept", got.Cached, got.Total)
			}
			for path := range s.Requests() {
				if path == modelFile || strings.Contains(path, "/pieces/") {
					t.Errorf("%s was fetched again", path)
				}
			}
		})
	}
}

// TestWeakLine loads two pieces over a line of 2 Mbit/s that is cut after every
// 300 kB, less than a piece. Each byte comes once, one piece at a time, and is
// reported as it comes; a page that was left in the middle goes on from there.
func TestWeakLine(t *testing.T) {
	const rate, cut, step = 250e3, 300e3, 10e3 // bytes a second, bytes from cut to cut, bytes a write
	m := manifest(t)
	for name, files := range map[string]map[string]string{"ranges": nil, "pieces": inPieces(t, m)} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, files)
			b := browsertest.Open(t)
			p := page(t, b, s)
			p.Must(loadAndReport, nil)
			var missing int64
			for _, f := range m.Frames[2:4] {
				missing += f.Size
				p.Must(`await (await caches.open("roentgo-models-1")).delete(location.origin + "/roentgo-piece/`+f.SHA256+`");`, nil)
			}
			var sent int64
			var open, most, requests int
			s.Fault(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != modelFile && !strings.Contains(r.URL.Path, "/pieces/") {
					return false
				}
				from, to := rangeOf(r)
				body := []byte(files[r.URL.Path])
				if len(body) == 0 {
					body = shipped.File
				} else {
					from, to = 0, int64(len(body))-1
					_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
				}
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(body)))
				w.Header().Set("Content-Length", fmt.Sprint(to+1-from))
				w.WriteHeader(http.StatusPartialContent)
				body = body[from : to+1]
				cutting.Lock()
				open, requests = open+1, requests+1
				most = max(most, open)
				cutting.Unlock()
				defer func() {
					cutting.Lock()
					open--
					cutting.Unlock()
				}()
				for had := 0; len(body) > 0; {
					n := min(len(body), step)
					if had += n; had > cut {
						panic(http.ErrAbortHandler) // the connection breaks
					}
					if _, err := w.Write(body[:n]); err != nil {
						return true
					}
					w.(http.Flusher).Flush()
					cutting.Lock()
					sent += int64(n)
					cutting.Unlock()
					body = body[n:]
					time.Sleep(time.Second * step / rate)
				}
				return true
			})
			// The first visit ends in the middle of a piece.
			p = page(t, b, s)
			p.Must(`const abort = new AbortController();
			await roentgo.Sampler.load(manifest, {device: "wasm", signal: abort.signal, onProgress: (e) => {
				if (e.loaded - e.cached > 500000 && e.cached > 0) abort.abort();
			}}).then(() => { throw new Error("it was not aborted"); }, (e) => { if (e.name !== "AbortError") throw e; });`, nil)
			p.Close()
			p = page(t, b, s)
			var got struct {
				Cached, Total, Steps int
				Back                 bool
			}
			p.Must(`const out = {steps: 0, back: false};
			let at = 0;
			const s = await roentgo.Sampler.load(manifest, {device: "wasm", onProgress: (e) => {
				if (e.phase !== "download") return;
				if (e.loaded > at && e.loaded > e.cached) out.steps++;
				out.back ||= e.loaded < at;
				[at, out.cached, out.total] = [e.loaded, e.cached, e.total];
			}});
			s.close();
			return out;`, &got)
			cutting.Lock()
			defer cutting.Unlock()
			left := int64(got.Total - got.Cached)
			if left <= 0 || left > missing-400e3 {
				t.Errorf("the second visit had %d bytes to fetch of %d, of which the first had 500,000", left, missing)
			}
			if got.Steps < 20 || got.Back {
				t.Errorf("%d bytes were reported in %d steps, backwards: %v", left, got.Steps, got.Back)
			}
			// What the server wrote before a cut may be lost on its way.
			if sent > missing+int64(requests)*4*step {
				t.Errorf("%d bytes were sent in %d requests, %d were missing", sent, requests, missing)
			}
			if most != 1 {
				t.Errorf("%d pieces came at a time", most)
			}
		})
	}
}

// TestWrongHost gives each mistake of a host its own message.
func TestWrongHost(t *testing.T) {
	const manifestFile, program, worker = "/model/roentgo-mini.manifest.json", "/roentgo/roentgo.wasm", "/roentgo/worker.js"
	for name, c := range map[string]struct {
		path, kind, coding, body string
		want                     string // "" where the model loads all the same
	}{
		"a page for the manifest":  {manifestFile, "text/html", "", "<!doctype html>", "host: .*web page in the place of the manifest"},
		"a page for the model":     {modelFile, "text/html; charset=utf-8", "", "<!doctype html>", "host: .*web page in the place of the model"},
		"a page for the program":   {program, "text/html", "", "<!doctype html>", "host: .*web page in the place of the program"},
		"a page for the worker":    {worker, "text/html", "", "<!doctype html>", "host: .*web page in the place of the worker's script"},
		"a gzipped model":          {modelFile, "application/octet-stream", "gzip", "none", "host: .*Content-Encoding: gzip"},
		"an unpacked model":        {modelFile, "application/octet-stream", "zstd", string(shipped.File), "host: .*Content-Encoding: zstd"},
		"another type of model":    {modelFile, "text/plain", "", string(shipped.File), ""},
		"another type of program":  {program, "application/octet-stream", "", packed(t, "roentgo.wasm"), ""},
		"another type of worker":   {worker, "text/plain", "", packed(t, "worker.js"), "host: .*sent the worker's script as text/plain; it must send text/javascript"},
		"another type of manifest": {manifestFile, "text/plain", "", string(shipped.Manifest), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			s.Fault(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != c.path {
					return false
				}
				w.Header().Set("Content-Type", c.kind)
				if c.coding != "" {
					w.Header().Set("Content-Encoding", c.coding)
				}
				if c.coding != "gzip" {
					_, _ = w.Write([]byte(c.body))
					return true
				}
				z := gzip.NewWriter(w)
				_, _ = z.Write([]byte(c.body))
				_ = z.Close()
				return true
			})
			err := page(t, browsertest.Open(t), s).Eval(t.Context(), loadAndReport, nil)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !regexp.MustCompile("^"+c.want).MatchString(err.Error()) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestDamaged flips a byte of a piece: once, and it is fetched again; always,
// and the error says so.
func TestDamaged(t *testing.T) {
	m := manifest(t)
	s := serve(t)
	p := page(t, browsertest.Open(t), s)
	times := 1
	s.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		from, to := rangeOf(r)
		if r.URL.Path != modelFile || from != m.Frames[3].Offset {
			return false
		}
		cutting.Lock()
		defer cutting.Unlock()
		if times == 0 {
			return false
		}
		times--
		body := bytes.Clone(shipped.File[from : to+1])
		body[len(body)/2] ^= 1
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(body)
		return true
	})
	p.Must(loadAndReport, nil)
	p.Must("await roentgo.Sampler.remove();", nil)
	times = 1000
	err := p.Eval(t.Context(), loadAndReport, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "hash: piece 4 ") {
		t.Errorf("a damaged piece: got %v", err)
	}
	// A piece that was damaged where it is kept is fetched again.
	times = 0
	p.Must(loadAndReport, nil)
	var got loadedAs
	p.Must(`const c = await caches.open("roentgo-models-1");
	const key = (await c.keys()).find((k) => k.url.endsWith("`+m.Frames[5].SHA256+`"));
	const bytes = new Uint8Array(await (await c.match(key)).arrayBuffer());
	bytes[7] ^= 1;
	await c.put(key, new Response(bytes));`+loadAndReport, &got)
	if want := got.Total - int(m.Frames[5].Size); got.Cached != want {
		t.Errorf("%d bytes were taken from the device, %d are undamaged", got.Cached, want)
	}
}

// TestHostile serves what is no model.
func TestHostile(t *testing.T) {
	m := manifest(t)
	good := string(shipped.Manifest)
	page404 := map[string]string{"/model/roentgo-mini.manifest.json": ""}
	for name, c := range map[string]struct {
		files map[string]string
		code  string
	}{
		"no JSON":         {map[string]string{"/model/roentgo-mini.manifest.json": "<html>not found</html>"}, "model: "},
		"nothing":         {page404, "model: "},
		"no frames":       {map[string]string{"/model/roentgo-mini.manifest.json": `{"file": "x", "frames": []}`}, "model: "},
		"overlap":         {map[string]string{"/model/roentgo-mini.manifest.json": strings.Replace(good, fmt.Sprintf(`"offset": %d`, m.Frames[1].Offset), fmt.Sprintf(`"offset": %d`, m.Frames[1].Offset-1), 1)}, "model: "},
		"huge piece":      {map[string]string{"/model/roentgo-mini.manifest.json": strings.Replace(good, fmt.Sprintf(`"size": %d`, m.Frames[0].Size), fmt.Sprintf(`"size": %d000`, m.Frames[0].Size), 1)}, "model: "},
		"another's file":  {map[string]string{"/model/roentgo-mini.manifest.json": strings.Replace(good, m.Frames[0].SHA256, strings.Repeat("0", 64), 1)}, "hash: "},
		"endless":         {map[string]string{"/model/roentgo-mini.manifest.json": good + strings.Repeat(" ", 2<<20)}, "hash: "},
		"lies of content": {map[string]string{"/model/roentgo-mini.manifest.json": strings.Replace(good, `"content": 1048576`, `"content": 1048575`, 1)}, "model: "},
	} {
		t.Run(name, func(t *testing.T) {
			p := page(t, browsertest.Shared(t), serve(t, c.files))
			err := p.Eval(t.Context(), loadAndReport, nil)
			if err == nil || !strings.HasPrefix(err.Error(), c.code) {
				t.Errorf("got %v, want code %s", err, c.code)
			}
		})
	}
	t.Run("pinned", func(t *testing.T) {
		p := page(t, browsertest.Shared(t), serve(t))
		err := p.Eval(t.Context(), `await roentgo.Sampler.load(manifest, {manifestHash: "`+strings.Repeat("0", 64)+`"});`, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "hash: the manifest") {
			t.Errorf("another manifest than the pinned one: got %v", err)
		}
	})
	t.Run("missing", func(t *testing.T) {
		p := page(t, browsertest.Shared(t), serve(t))
		err := p.Eval(t.Context(), `await roentgo.Sampler.load("/none.manifest.json");`, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "network: ") || !strings.Contains(err.Error(), "404") {
			t.Errorf("a manifest that is not there: got %v", err)
		}
	})
}

// TestQuota refuses storage: the model runs from memory, and says so.
func TestQuota(t *testing.T) {
	s := serve(t)
	p := page(t, browsertest.Open(t), s)
	room := 3e6
	if _, err := chromedp.Call(p.Context(), storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: s.URL, QuotaSize: &room}); err != nil {
		t.Fatal(err)
	}
	var got loadedAs
	p.Must(loadAndReport, &got)
	if got.Store.Where != "memory" || !strings.Contains(got.Store.Reason, "room") {
		t.Errorf("with 3 MB of room the model is %+v", got.Store)
	}
	var where loadedAs
	p.Must(strings.Replace(loadAndReport, "{device", "{keep: false, device", 1), &where)
	if where.Store.Where != "memory" {
		t.Errorf("keep: false: the model is %+v", where.Store)
	}
}

// TestOffline loads, and loads again with the server gone.
func TestOffline(t *testing.T) {
	s := serve(t)
	p := page(t, browsertest.Open(t), s)
	p.Must(loadAndReport, nil)
	// The program itself is the page's to keep, as the site's service worker does.
	s.Fault(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/model/") {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	var got loadedAs
	p.Must(loadAndReport, &got)
	if got.Cached != got.Total {
		t.Errorf("offline %d of %d bytes were there", got.Cached, got.Total)
	}
}

// TestTwoTabs loads in two tabs at a time: each piece is fetched once.
func TestTwoTabs(t *testing.T) {
	m := manifest(t)
	s := serve(t, inPieces(t, m))
	b := browsertest.Open(t)
	first, second := page(t, b, s), page(t, b, s)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error)
	go func() { done <- second.Eval(ctx, loadAndReport, nil) }()
	first.Must(loadAndReport, nil)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Frames {
		if n := s.Hits("/model/pieces/" + f.SHA256); n != 1 {
			t.Errorf("piece %.8s was fetched %d times", f.SHA256, n)
		}
	}
}

// TestChanged puts a new manifest in the place of the old one, with one piece
// that is new: it alone is fetched, and what the old one had alone is dropped.
func TestChanged(t *testing.T) {
	m := manifest(t)
	old := inPieces(t, m)
	s := serve(t, old)
	b := browsertest.Open(t)
	page(t, b, s).Must(loadAndReport, nil)

	// A skippable frame changes no content: the last frame with one after it.
	last := m.Frames[len(m.Frames)-1]
	grown := append(bytes.Clone(shipped.File[last.Offset:last.Offset+last.Size]), 0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4)
	files := map[string]string{}
	hash := sha256Hex(grown)
	files["/model/pieces/"+hash] = string(grown)
	text := strings.Replace(old["/model/roentgo-mini.manifest.json"], last.SHA256, hash, 1)
	text = strings.Replace(text, fmt.Sprintf(`"size":%d`, last.Size), fmt.Sprintf(`"size":%d`, len(grown)), 1)
	files["/model/roentgo-mini.manifest.json"] = text
	s.Pages(files)
	s.Reset()
	p := page(t, b, s)
	var got loadedAs
	p.Must(loadAndReport, &got)
	fetched := 0
	for path, n := range s.Requests() {
		if strings.Contains(path, "/pieces/") {
			fetched += n
		}
	}
	if fetched != 1 {
		t.Errorf("%d pieces were fetched, one had changed", fetched)
	}
	var keys []string
	p.Must("return (await (await caches.open('roentgo-models-1')).keys()).map((k) => k.url);", &keys)
	if text := strings.Join(keys, " "); strings.Contains(text, last.SHA256) || !strings.Contains(text, hash) {
		t.Error("the old piece is still kept, or the new one is not")
	}
}

// another is the shipped model in pieces, at a path of its own, of which the
// first has a skippable frame at its end: another file with the same content.
func another(t *testing.T, path string) (files map[string]string, first string) {
	t.Helper()
	m := manifest(t)
	skippable := []byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}
	grown := append(bytes.Clone(shipped.File[:m.Frames[0].Size]), skippable...)
	first = sha256Hex(grown)
	var fields map[string]any
	if err := json.Unmarshal(shipped.Manifest, &fields); err != nil {
		t.Fatal(err)
	}
	fields["pieces"] = "pieces/"
	files = map[string]string{path + "/pieces/" + first: string(grown)}
	for i, f := range fields["frames"].([]any) {
		f := f.(map[string]any)
		if i == 0 {
			f["size"], f["sha256"] = len(grown), first
			continue
		}
		f["offset"] = f["offset"].(float64) + float64(len(skippable))
		files[path+"/pieces/"+m.Frames[i].SHA256] = string(shipped.File[m.Frames[i].Offset : m.Frames[i].Offset+m.Frames[i].Size])
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	files[path+"/roentgo-mini.manifest.json"] = string(text)
	return files, first
}

// TestTwoModels leaves one model's download in the middle and loads another one
// of the same origin, which does not take what had come of the first. An older
// manifest of the same address goes; removing one model leaves the other.
func TestTwoModels(t *testing.T) {
	files, first := another(t, "/other")
	s := serve(t, files)
	p := page(t, browsertest.Open(t), s)
	const other = `globalThis.other = "/other/roentgo-mini.manifest.json";`
	p.Must(other+`const abort = new AbortController();
	await roentgo.Sampler.load(other, {device: "wasm", signal: abort.signal, onProgress: (e) => { if (e.loaded > 1500000) abort.abort(); }})
		.then(() => { throw new Error("it was not aborted"); }, (e) => { if (e.name !== "AbortError") throw e; });`, nil)
	p.Must(loadAndReport, nil)
	s.Reset()
	var got loadedAs
	p.Must(strings.Replace(loadAndReport, "manifest,", "other,", 1), &got)
	if n := s.Hits("/other/pieces/" + first); got.Cached != got.Total || n != 0 {
		t.Errorf("%d of %d bytes were kept; the first piece came %d times more", got.Cached, got.Total, n)
	}
	keys := func() string {
		var list []string
		p.Must(`return (await (await caches.open("roentgo-models-1")).keys()).map((k) => k.url.slice(location.origin.length)).filter((k) => !k.includes("piece/")).sort();`, &list)
		return strings.Join(list, " ")
	}
	const one, two = "/model/roentgo-mini.manifest.json", "/other/roentgo-mini.manifest.json"
	if k := keys(); k != one+" "+two {
		t.Errorf("kept beside the pieces: %s", k)
	}
	p.Must(strings.Replace(loadAndReport, "manifest,", "manifest + '?v=2',", 1), nil)
	if k := keys(); k != one+"?v=2 "+two {
		t.Errorf("after a new version, kept beside the pieces: %s", k)
	}
	p.Must("await roentgo.Sampler.remove(other);", nil)
	if k := keys(); k != one+"?v=2" {
		t.Errorf("after one was removed, kept beside the pieces: %s", k)
	}
	p.Must(strings.Replace(loadAndReport, "manifest,", "manifest + '?v=2',", 1), &got)
	if got.Cached != got.Total {
		t.Errorf("after the other was removed, %d of %d bytes are kept", got.Cached, got.Total)
	}
}
