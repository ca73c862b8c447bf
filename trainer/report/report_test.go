package report

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/roentgo/roentgo/trainer/runs"
)

// makeRun writes a folder as a training does.
func makeRun(t *testing.T, name, kind string, steps int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for i := 1; i <= steps; i++ {
		line := map[string]float64{"step": float64(i), "seconds": float64(i) / 2, "loss": 1 / float64(i), "rate": 1e-3}
		if i%50 == 0 {
			line["test_loss"], line["peak_mb"] = 2/float64(i), 321
		}
		text, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(append(text, '\n'))
	}
	log.WriteString(`{"step":9999,"lo`) // cut short
	options := fmt.Sprintf(`{"kind":%q,"machine":{"cpus":2},"options":{"rate":0.001,"model":{"note":"<script>alert(1)</script>"}}}`, kind)
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "log.jsonl"), []byte(log.String()), 0o644),
		os.WriteFile(filepath.Join(dir, runs.OptionsFile), []byte(options), 0o644)); err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		var grid bytes.Buffer
		if err := errors.Join(png.Encode(&grid, image.NewGray(image.Rect(0, 0, 8, 8))),
			os.WriteFile(filepath.Join(dir, fmt.Sprintf("grid-%06d.png", 10*i)), grid.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "grid-000080.png"), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPage(t *testing.T) {
	out := filepath.Join(t.TempDir(), "report.html")
	runs := []string{makeRun(t, `a<b>"run"`, "diffusion", 200), makeRun(t, "v", "vae", 20)}
	if err := Write(out, runs, false); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			count[n.Data]++
			for _, a := range n.Attr {
				if (a.Key == "src" || a.Key == "href") && !strings.HasPrefix(a.Val, "data:image/png;base64,") {
					t.Errorf("<%s %s=%q> is outside the page", n.Data, a.Key, a.Val)
				}
				if n.Data == "img" && a.Key == "alt" && !strings.Contains(a.Val, "not for diagnosis") {
					t.Errorf("alt text %q", a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	root, err := html.Parse(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	walk(root)
	if count["script"] != 0 || count["b"] != 0 {
		t.Error("what a run says became markup")
	}
	// Loss, held-out loss and rate of the first, loss and rate of the second.
	if count["svg"] != 5 || count["img"] != 10 || count["section"] != 2 {
		t.Errorf("%v", count)
	}
	for _, says := range []string{"0.0100 (best 0.0100)", "321 MB", "grid of step 80", "not for diagnosis", "Held-out originals above", "model.note"} {
		if !strings.Contains(string(text), says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	if err := Write(out, runs, false); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if err := Write(out, runs, true); err != nil {
		t.Error(err)
	}
	if err := Write(filepath.Join(t.TempDir(), "x.html"), []string{t.TempDir()}, false); !errors.Is(err, ErrRun) {
		t.Error(err)
	}
}

// TestChecksum compares the masked checksum with known ones: CRC-32C of
// "123456789" is e3069283 (RFC 3720's polynomial), and TensorFlow's mask
// rotates by 15 and adds a282ead8.
func TestChecksum(t *testing.T) {
	if c := crc32.Checksum([]byte("123456789"), castagnoli); c != 0xe3069283 {
		t.Errorf("%08x", c)
	}
	if m := masked([]byte("123456789")); m != 0xc78ab0e5 {
		t.Errorf("%08x", m)
	}
}

// TestTensorBoard reads the events back by the written format.
func TestTensorBoard(t *testing.T) {
	dir := t.TempDir()
	run := makeRun(t, "unet", "diffusion", 120)
	for range 2 { // the second replaces the first
		if err := WriteTensorBoard(dir, []string{run}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := filepath.Glob(filepath.Join(dir, "unet", "*tfevents*"))
	if err != nil || len(list) != 1 || !strings.Contains(list[0], "tfevents") {
		t.Fatalf("%v, %v", list, err)
	}
	data, err := os.ReadFile(list[0])
	if err != nil {
		t.Fatal(err)
	}
	scalars, pictures, version := map[string]map[int64]float64{}, 0, ""
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		if masked(data[:8]) != binary.LittleEndian.Uint32(data[8:]) || masked(data[12:12+n]) != binary.LittleEndian.Uint32(data[12+n:]) {
			t.Fatal("a checksum is wrong")
		}
		step := int64(0)
		fields(t, data[12:12+n], func(number protowire.Number, value uint64, body []byte) {
			switch number {
			case eventStep:
				step = int64(value)
			case eventVersion:
				version = string(body)
			case eventSummary:
				fields(t, body, func(_ protowire.Number, _ uint64, body []byte) {
					tag := ""
					fields(t, body, func(number protowire.Number, value uint64, body []byte) {
						switch number {
						case valueTag:
							tag = string(body)
						case valueSimple:
							if scalars[tag] == nil {
								scalars[tag] = map[int64]float64{}
							}
							scalars[tag][step] = float64(math.Float32frombits(uint32(value)))
						case valueImage:
							pictures++
						}
					})
				})
			}
		})
		data = data[16+n:]
	}
	if version != "brain.Event:2" || pictures != 8 || len(scalars["loss"]) != 120 || math.Abs(scalars["loss"][4]-0.25) > 1e-6 || len(scalars["test_loss"]) != 2 {
		t.Errorf("version %q, %d pictures, %d losses, held out %v", version, pictures, len(scalars["loss"]), scalars["test_loss"])
	}
}

// TestTensorBoardRuns: runs of one name stay apart, in one call and in several,
// and what a run has more later is appended to the same file.
func TestTensorBoardRuns(t *testing.T) {
	dir := t.TempDir()
	a, b, c := makeRun(t, "unet", "diffusion", 100), makeRun(t, "unet", "diffusion", 60), makeRun(t, "UNET", "diffusion", 60)
	for _, runs := range [][]string{{a, b}, {b}, {c}, {a}} {
		if err := WriteTensorBoard(dir, runs); err != nil {
			t.Fatal(err)
		}
	}
	for name, run := range map[string]string{"unet": a, "unet-2": b, "UNET-3": c} {
		if text, err := os.ReadFile(filepath.Join(dir, name, originFile)); err != nil || string(text) != run {
			t.Errorf("%s is of %q, %v; want %q", name, text, err, run)
		}
	}
	path := filepath.Join(dir, "unet", eventsFile)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(a, "log.jsonl"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = log.WriteString("\n{\"step\":101,\"seconds\":50.5,\"loss\":0.01}\n")
	if err := errors.Join(err, log.Close(), WriteTensorBoard(dir, []string{a})); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if more, err := os.ReadFile(path); err != nil || !os.SameFile(before, after) || len(more) <= len(old) || string(more[:len(old)]) != string(old) {
		t.Errorf("%d bytes became %d, the same file: %v, %v; want it appended to", len(old), len(more), os.SameFile(before, after), err)
	}
}

func fields(t *testing.T, b []byte, visit func(number protowire.Number, value uint64, body []byte)) {
	t.Helper()
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal("no tag")
		}
		b = b[n:]
		var value uint64
		var body []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			value = uint64(v)
		case protowire.Fixed64Type:
			value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			body, n = protowire.ConsumeBytes(b)
		}
		if n < 0 {
			t.Fatal("no value")
		}
		visit(number, value, body)
		b = b[n:]
	}
}
