package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/roentgo/roentgo/internal/attacks"
)

// seal compresses a safetensors content as a writer would, so that a test's
// attack is met by its own rule and not by an outer hash.
func seal(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := newFrameWriter(&b, zstd.SpeedFastest)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// content is a safetensors file of that header and data.
func content(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func openBytes(b []byte, o Options) (*Model, error) {
	return OpenReader(bytes.NewReader(b), int64(len(b)), o)
}

// read opens a model and reads every value.
func read(t testing.TB, b []byte, o Options) error {
	m, err := openBytes(b, o)
	if err != nil {
		return err
	}
	defer m.Close()
	return m.Verify(t.Context())
}

func TestAttacks(t *testing.T) {
	const meta = `"__metadata__":{"roentgo.format":"1","roentgo.config":"{}"}`
	metaWith := func(more string) string { return strings.TrimSuffix(meta, "}") + "," + more + "}" }
	quantizedMeta := func(kind string, group int, shape string) string {
		text, _ := json.Marshal(fmt.Sprintf(`{"x":{"kind":%q,"group":%d,"shape":%s}}`, kind, group, shape))
		return metaWith(`"roentgo.quantized":` + string(text))
	}
	x := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`"x":{"dtype":%q,"shape":%s,"data_offsets":%s}`, dtype, shape, offsets)
	}
	scale := func(shape, offsets string) string {
		return fmt.Sprintf(`"x.scale":{"dtype":"F16","shape":%s,"data_offsets":%s}`, shape, offsets)
	}
	one := []byte{0, 0, 128, 63}    // float32 1
	half := []byte{0, 0x3c}         // binary16 1
	minusHalf := []byte{0, 0xbc}    // −1
	infinite := []byte{0, 0x7c}     //
	nan32 := []byte{0, 0, 192, 127} //
	cat := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	for _, c := range []struct {
		name   string
		header string
		data   []byte
		kind   error
		says   string
	}{
		{"good", "{" + meta + "," + x("F32", "[1]", "[0,4]") + "}", one, nil, ""},
		{"no metadata", "{" + x("F32", "[1]", "[0,4]") + "}", one, ErrFormat, "roentgo.format"},
		{"newer format", `{"__metadata__":{"roentgo.format":"3","roentgo.config":"{}"}}`, nil, ErrFormat, `"3"`},
		{"config not JSON", `{"__metadata__":{"roentgo.format":"1","roentgo.config":"{"}}`, nil, ErrFormat, "roentgo.config"},
		{"unknown part", "{" + metaWith(`"roentgo.parts":"unet,brain"`) + "}", nil, ErrFormat, "brain"},
		{"part twice", "{" + metaWith(`"roentgo.parts":"unet,unet"`) + "}", nil, ErrFormat, "once"},
		{"piece beyond the last", "{" + metaWith(`"roentgo.piece":"3/2"`) + "}", nil, ErrFormat, "3/2"},
		{"metadata not a string", `{"__metadata__":{"a":1}}`, nil, ErrFormat, `"a"`},
		{"metadata key twice", `{"__metadata__":{"a":"1","a":"2"}}`, nil, ErrFormat, "twice"},
		{"tensor twice", "{" + meta + "," + x("F32", "[1]", "[0,4]") + "," + x("F32", "[1]", "[0,4]") + "}", one, ErrFormat, `"x"`},
		{"unknown field", "{" + meta + `,"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"run":"rm"}}`, one, ErrFormat, `"x"`},
		{"unknown dtype", "{" + meta + "," + x("F64", "[1]", "[0,8]") + "}", cat(one, one), ErrFormat, "F64"},
		{"negative dimension", "{" + meta + "," + x("F32", "[-1]", "[0,4]") + "}", one, ErrFormat, "[-1]"},
		{"product overflows", "{" + meta + "," + x("F32", "[2147483647,2147483647,2147483647]", "[0,4]") + "}", one, ErrFormat, "overflows"},
		{"too many dimensions", "{" + meta + "," + x("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") + "}", one, ErrFormat, "9 dimensions"},
		{"offsets backwards", "{" + meta + "," + x("F32", "[1]", "[4,0]") + "}", one, ErrFormat, "offsets"},
		{"offsets negative", "{" + meta + "," + x("F32", "[1]", "[-4,0]") + "}", one, ErrFormat, "offsets"},
		{"shape larger than offsets", "{" + meta + "," + x("F32", "[2]", "[0,4]") + "}", one, ErrFormat, "needs 8 bytes"},
		{"gap", "{" + meta + "," + x("F32", "[1]", "[4,8]") + "}", cat(one, one), ErrFormat, "begins at 4"},
		{"overlap", "{" + meta + "," + x("F32", "[1]", "[0,4]") + `,"y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, cat(one, half), ErrFormat, `"y"`},
		{"beyond the end", "{" + meta + "," + x("F32", "[2]", "[0,8]") + "}", one, ErrTruncated, "end at 8"},
		{"bytes after the last", "{" + meta + "," + x("F32", "[1]", "[0,4]") + "}", cat(one, half), ErrFormat, "2 bytes"},
		{"text after the header", "{" + meta + "} {}", nil, ErrFormat, "follow"},
		{"not a number", "{" + meta + "," + x("F32", "[1]", "[0,4]") + "}", nan32, ErrFormat, "NaN"},
		{"half infinite", "{" + meta + "," + x("F16", "[1]", "[0,2]") + "}", infinite, ErrFormat, "Inf"},
		{"int8 unmarked", "{" + meta + "," + x("I8", "[1]", "[0,1]") + "}", []byte{1}, ErrFormat, "roentgo.quantized"},
		{"int8", "{" + quantizedMeta("int8", 4, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "," + scale("[1,1]", "[2,4]") + "}", cat([]byte{1, 2}, half), nil, ""},
		{"int8 of −128", "{" + quantizedMeta("int8", 4, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "," + scale("[1,1]", "[2,4]") + "}", cat([]byte{1, 0x80}, half), ErrFormat, "−128"},
		{"scale negative", "{" + quantizedMeta("int8", 4, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "," + scale("[1,1]", "[2,4]") + "}", cat([]byte{1, 2}, minusHalf), ErrFormat, "scale 0"},
		{"scale infinite", "{" + quantizedMeta("int8", 4, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "," + scale("[1,1]", "[2,4]") + "}", cat([]byte{1, 2}, infinite), ErrFormat, "scale 0"},
		{"scales missing", "{" + quantizedMeta("int8", 4, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "}", []byte{1, 2}, ErrFormat, "x.scale"},
		{"scales of another shape", "{" + quantizedMeta("int8", 1, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "," + scale("[1,1]", "[2,4]") + "}", cat([]byte{1, 2}, half), ErrFormat, "[1 2]"},
		{"scales of nothing", "{" + meta + "," + scale("[1,1]", "[0,2]") + "}", half, ErrFormat, "no quantized tensor"},
		{"group of 0", "{" + quantizedMeta("int8", 0, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "}", []byte{1, 2}, ErrFormat, "groups of 0"},
		{"quantized without codes", "{" + quantizedMeta("int8", 1, "[1,2]") + "}", nil, ErrFormat, "no such tensor"},
		{"quantized twice", "{" + metaWith(`"roentgo.quantized":"{\"x\":{\"shape\":[1]},\"x\":{\"shape\":[1]}}"`) + "," + x("I8", "[1]", "[0,1]") + "}", []byte{1}, ErrFormat, "twice"},
		{"quantized of too many dimensions", "{" + quantizedMeta("int8", 1, "[1,1,1,1,1,1,1,1,1]") + "," + x("I8", "[1]", "[0,1]") + "}", []byte{1}, ErrFormat, "9 dimensions"},
		{"configuration too long", `{"__metadata__":{"roentgo.format":"1","roentgo.config":"{}` + strings.Repeat(" ", maxConfig) + `"}}`, nil, ErrTooLarge, "roentgo.config"},
		{"metadata too long", "{" + metaWith(`"roentgo.training":"`+strings.Repeat("x", maxMetadata+1)+`"`) + "}", nil, ErrTooLarge, "roentgo.training"},
		{"name too long", "{" + meta + `,"` + strings.Repeat("x", maxName+1) + `":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, one, ErrTooLarge, "name of 257 bytes"},
		{"description too long", "{" + meta + "," + x("F32", "["+strings.Repeat("1,", maxEntry)+"1]", "[0,4]") + "}", one, ErrTooLarge, "described by"},
		{"quantized of no kind", "{" + quantizedMeta("int2", 1, "[1,2]") + "," + x("I8", "[1,2]", "[0,2]") + "}", []byte{1, 2}, ErrFormat, "int2"},
		{"int4", "{" + quantizedMeta("int4", 4, "[1,3]") + "," + x("U8", "[1,2]", "[0,2]") + "," + scale("[1,1]", "[2,4]") + "}", cat([]byte{0x11, 0x01}, half), nil, ""},
		{"int4 padding", "{" + quantizedMeta("int4", 4, "[1,3]") + "," + x("U8", "[1,2]", "[0,2]") + "," + scale("[1,1]", "[2,4]") + "}", cat([]byte{0x11, 0x11}, half), ErrFormat, "padding"},
		{"int4 shape overflows", "{" + quantizedMeta("int4", 4, "[2147483647,2147483647]") + "," + x("U8", "[1,2]", "[0,2]") + "}", []byte{1, 2}, ErrFormat, "overflows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain := content(c.header, c.data)
			for form, b := range map[string][]byte{"compressed": seal(t, plain), "plain": plain} {
				err := read(t, b, Options{})
				if !errors.Is(err, c.kind) || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: %v; want %v that says %q", form, err, c.kind, c.says)
				}
			}
		})
	}
}

func TestAttacksOnFrames(t *testing.T) {
	good := seal(t, content(`{"__metadata__":{"roentgo.format":"1","roentgo.config":"{}"}}`, nil))
	n := len(good)
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	put := func(b []byte, at int, v uint32) []byte { binary.LittleEndian.PutUint32(b[at:], v); return b }
	entryAt := n - seekFooter - seekEntry
	for _, c := range []struct {
		name string
		file []byte
		kind error
	}{
		{"empty", nil, ErrTruncated},
		{"four bytes", good[:4], ErrTruncated},
		{"no seek table", good[:entryAt-skippableHead], ErrTruncated},
		{"count too large", edit(func(b []byte) []byte { return put(b, n-seekFooter, 1<<30) }), ErrTooLarge},
		{"count one more", edit(func(b []byte) []byte { return put(b, n-seekFooter, 2) }), ErrFormat},
		{"descriptor", edit(func(b []byte) []byte { b[n-5] = 0x80; return b }), ErrFormat},
		{"frame declares too much", edit(func(b []byte) []byte { return put(b, entryAt+4, maxFrame+1) }), ErrTooLarge},
		{"frame declares one more", edit(func(b []byte) []byte {
			return put(b, entryAt+4, binary.LittleEndian.Uint32(b[entryAt+4:])+1)
		}), ErrFormat},
		{"frame is longer", edit(func(b []byte) []byte {
			return put(b, entryAt, binary.LittleEndian.Uint32(b[entryAt:])+1)
		}), ErrFormat},
		{"header longer than the file", seal(t, binary.LittleEndian.AppendUint64(nil, 1000)), ErrTruncated},
		{"header too large", seal(t, binary.LittleEndian.AppendUint64(nil, maxHeader+1)), ErrTooLarge},
	} {
		if err := read(t, c.file, Options{}); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v; want %v", c.name, err, c.kind)
		}
	}
	if err := read(t, good, Options{MaxBytes: 10}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("above the caller's limit: %v", err)
	}
}

// Every cut and every flipped bit is found: by the frames' checksums alone,
// and by the manifest.
func TestDamage(t *testing.T) {
	f := testFile()
	f.Tensors = f.Tensors[:6]
	path := writeTest(t, f, WriteOptions{})[0]
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range good {
		damaged := bytes.Clone(good)
		damaged[at] ^= 1 << (at % 8)
		for name, o := range map[string]Options{"alone": {}, "with its manifest": {Manifest: manifest}} {
			// Four bits of a zstd frame header are unused or let the window differ; the manifest sees them.
			if err := read(t, damaged, o); err == nil && o.Manifest != nil {
				t.Errorf("bit %d of byte %d flipped, read %s", at%8, at, name)
			} else if err == nil && at > 16 {
				t.Errorf("bit %d of byte %d flipped, read %s", at%8, at, name)
			}
		}
		if err := read(t, good[:at], Options{}); err == nil {
			t.Errorf("cut to %d bytes and read", at)
		}
	}
}

func TestManifestOfAnotherModel(t *testing.T) {
	a, b := testFile(), testFile()
	b.Tensors[0].Float32[0]++
	pathA, pathB := writeTest(t, a, WriteOptions{})[0], writeTest(t, b, WriteOptions{})[0]
	text, err := os.ReadFile(ManifestPath(pathB))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ManifestPath(pathA), text, 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := Open(pathA)
	if err == nil {
		defer m.Close()
		err = m.Verify(t.Context())
	}
	if !errors.Is(err, ErrHash) {
		t.Errorf("the manifest of another model: %v", err)
	}
	if err := os.WriteFile(ManifestPath(pathA), []byte(`{"frames":[{"offset":1}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(pathA); !errors.Is(err, ErrFormat) {
		t.Errorf("a broken manifest: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"+Extension)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrFormat) {
		t.Errorf("a folder: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	file := testFile()
	file.Tensors = file.Tensors[:6]
	head, data, err := encodeFile(file)
	if err != nil {
		f.Fatal(err)
	}
	plain := bytes.Join(append([][]byte{head}, data...), nil)
	f.Add(plain, true)
	f.Add(plain, false)
	f.Add(seal(f, plain), false)
	f.Add(content(`{"__metadata__":{"roentgo.format":"1","roentgo.config":"{}"}}`, nil), true)
	f.Fuzz(func(t *testing.T, b []byte, compress bool) {
		if compress {
			b = seal(t, b)
		}
		_ = read(t, b, Options{MaxBytes: 1 << 20})
	})
}

// TestVerifyHoldsNoTensor measures the most memory that verifying took from the
// system: less than the content, of which 4 bytes a value would be four times.
func TestVerifyHoldsNoTensor(t *testing.T) {
	const values = 64 << 20
	quantized, err := json.Marshal(fmt.Sprintf(`{"x":{"kind":"int8","group":%d,"shape":[64,%d]}}`, values/64, values/64))
	if err != nil {
		t.Fatal(err)
	}
	file := seal(t, content(fmt.Sprintf(`{"__metadata__":{"roentgo.format":"1","roentgo.config":"{}","roentgo.quantized":%s},`+
		`"x":{"dtype":"I8","shape":[64,%d],"data_offsets":[0,%d]},"x.scale":{"dtype":"F16","shape":[64,1],"data_offsets":[%d,%d]}}`,
		quantized, values/64, values, values, values+128), make([]byte, values+128)))
	var before, after runtime.MemStats
	runtime.GC()
	debug.FreeOSMemory()
	runtime.ReadMemStats(&before)
	if err := read(t, file, Options{}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > values/2 {
		t.Errorf("verifying %d MB made %d MB in all", values>>20, taken>>20)
	}
}

// TestPiecesOfTwoTrainings joins pieces of one configuration that are not of one
// model: as they are, and with the identity forged.
func TestPiecesOfTwoTrainings(t *testing.T) {
	a, b := testFile(), testFile()
	b.Tensors[6].Float32[7]++
	pathsA, pathsB := writeTest(t, a, WriteOptions{MaxPiece: 1_238_200}), writeTest(t, b, WriteOptions{MaxPiece: 1_238_200})
	if _, err := Open(pathsA[0], pathsB[1]); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), keyWhole) {
		t.Errorf("pieces of two trainings: %v", err)
	}
	m := open(t, pathsA...)
	if err := m.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range m.files {
		f.h.metadata[keyWhole] = strings.Repeat("0", 64)
	}
	if err := m.Verify(t.Context()); !errors.Is(err, ErrHash) {
		t.Errorf("a forged identity: %v", err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"name":"x","size":30,"content_size":9,"frames":[{"offset":0,"size":20,"content":9,"sha256":"` + strings.Repeat("0", 64) + `"}]}`))
	f.Add([]byte(`{"frames":[{"offset":9223372036854775807,"size":1,"content":1}]}`))
	model := writeTest(f, testFile(), WriteOptions{Name: "x", Version: "1", License: "none", TrainingData: "none"})[0]
	good, err := os.ReadFile(ManifestPath(model))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, text := range attacks.JSON(good) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseManifest(text)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("error %v wraps no sentinel", err)
			}
			return
		}
		var at int64
		for i, fr := range m.Frames {
			if fr.Offset != at || fr.Size < 1 {
				t.Fatalf("frame %d at %d, the one before it ends at %d", i, fr.Offset, at)
			}
			at += fr.Size
		}
	})
}
