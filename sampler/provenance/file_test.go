package provenance

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

var example = Settings{
	Prompt: "Right lower lobe opacity.\nNo effusion; größer \"als\" <zuvor> & 肺炎", Negative: "cardiomegaly",
	Seed: math.MaxUint64, Index: 3, Steps: 20, Guidance: 3.5, Rescale: 0.7, Sampler: "dpm++2m", Spacing: "trailing",
	ModelHash: strings.Repeat("0af1", 16), ModelName: "mini", Version: "0.1.0",
}

func encode(t testing.TB, img *image.Gray, s Settings) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, img, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chunks lists the chunks of a file, each with its frame.
func chunks(t testing.TB, file []byte) (list [][]byte) {
	t.Helper()
	for at := len(signature); at < len(file); {
		end := at + chunkFrame + int(binary.BigEndian.Uint32(file[at:]))
		c := file[at:end]
		if crc32.ChecksumIEEE(c[4:len(c)-4]) != binary.BigEndian.Uint32(c[len(c)-4:]) {
			t.Fatalf("checksum of chunk %q", c[4:8])
		}
		list, at = append(list, c), end
	}
	return list
}

// join is the reverse of chunks.
func join(list ...[]byte) []byte { return append([]byte(signature), bytes.Join(list, nil)...) }

func TestRoundTrip(t *testing.T) {
	img := grey(256, 0)
	for i := range img.Pix {
		img.Pix[i] = uint8(i * i >> 5)
	}
	for name, s := range map[string]Settings{
		"example":   example,
		"zero":      {},
		"zero byte": {Prompt: "a\x00b\x1b[31m", Version: "0.1.0\x00"},
		"longest":   {Prompt: strings.Repeat("\x01", 64<<10), Negative: strings.Repeat("\x02", 64<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			file := encode(t, img, s)
			back, err := Read(iotest.OneByteReader(bytes.NewReader(file)))
			if err != nil {
				t.Fatal(err)
			}
			if back != s {
				t.Errorf("read %+v, wrote %+v", back, s)
			}
			pixels, err := png.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if got := pixels.(*image.Gray); got.Rect != img.Rect || !slices.Equal(got.Pix, img.Pix) {
				t.Error("pixels differ")
			}
		})
	}
}

func TestChunks(t *testing.T) {
	list := chunks(t, encode(t, grey(8, 9), example))
	var got []string
	for _, c := range list {
		kind, data := string(c[4:8]), string(c[8:len(c)-4])
		if kind == "tEXt" || kind == "iTXt" {
			name, text, _ := strings.Cut(data, "\x00")
			kind += " " + name + ": " + strings.TrimLeft(text, "\x00")
		}
		got = append(got, kind)
	}
	want := []string{
		"IHDR",
		"tEXt Title: Synthetic chest X-ray",
		"iTXt Description: Right lower lobe opacity. No effusion; größer \"als\" <zuvor> & 肺炎",
		"tEXt Software: roentgo 0.1.0",
		"tEXt Warning: Synthetic image, not for diagnosis",
		"iTXt XML:com.adobe.xmp: " + xmp,
		`iTXt roentgo: {"prompt":"Right lower lobe opacity.\nNo effusion; größer \"als\" \u003czuvor\u003e \u0026 肺炎",` +
			`"negative":"cardiomegaly","seed":"18446744073709551615","index":3,"steps":20,"guidance":3.5,"rescale":0.7,` +
			`"sampler":"dpm++2m","spacing":"trailing","eta":0,"model_sha256":"` + example.ModelHash + `","model":"mini","roentgo":"0.1.0"}`,
		"IDAT", "IEND",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the file has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if again := encode(t, grey(8, 9), example); !bytes.Equal(again, join(list...)) {
		t.Error("the same image and settings gave other bytes")
	}
}

func TestEncodeRefusals(t *testing.T) {
	long := example
	long.Prompt = strings.Repeat("x", MaxSettings)
	infinite := example
	infinite.Guidance = math.Inf(1)
	for name, c := range map[string]struct {
		img  *image.Gray
		s    Settings
		kind error
	}{
		"settings too long": {grey(8, 0), long, ErrTooLarge},
		"not a number":      {grey(8, 0), infinite, nil},
		"no pixels":         {grey(0, 0), example, nil},
	} {
		var b bytes.Buffer
		if err := Encode(&b, c.img, c.s); err == nil || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: error %v", name, err)
		}
		if b.Len() > 0 {
			t.Errorf("%s: %d bytes were written all the same", name, b.Len())
		}
	}
}

// zipped is a text as zlib compresses it.
func zipped(text string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.String()
}

func TestReadRefusals(t *testing.T) {
	good := encode(t, grey(8, 9), example)
	list := chunks(t, good)
	header, end := list[0], list[len(list)-1]
	text := func(data string) []byte { return appendChunk(nil, "iTXt", "roentgo\x00"+data) }
	plain := func(json string) []byte { return text("\x00\x00\x00\x00" + json) }
	deflated := func(json string) []byte { return text("\x01\x00\x00\x00" + zipped(json)) }
	flipped := bytes.Clone(good)
	flipped[len(flipped)-20] ^= 1
	long := join(header, plain("{}"))
	binary.BigEndian.PutUint32(long[len(signature)+len(header):], math.MaxUint32)
	for _, c := range []struct {
		name string
		file []byte
		want error
		says string
	}{
		{"nothing", nil, ErrNotPNG, ""},
		{"a JPEG", []byte("\xff\xd8\xff\xe0 and so on"), ErrNotPNG, ""},
		{"signature alone", []byte(signature), ErrDamaged, "cut short"},
		{"cut in the header", good[:20], ErrDamaged, "cut short"},
		{"cut in the settings", good[:len(good)-200], ErrDamaged, "cut short"},
		{"cut before the end", good[:len(good)-1], ErrDamaged, "cut short"},
		{"a bit of the pixels", flipped, ErrDamaged, `chunk "IDAT"`},
		{"no header", join(plain("{}"), end), ErrDamaged, "IHDR must be first"},
		{"another program's", join(header, end), ErrNoSettings, ""},
		{"another keyword", join(header, appendUnicode(nil, "roentgo2", "{}"), appendUnicode(nil, "roent", "{}"), end), ErrNoSettings, ""},
		{"twice", join(header, plain("{}"), appendChunk(nil, "tEXt", "roentgo\x00{\"seed\":\"1\"}"), end), ErrSettings, "two"},
		{"length of 4 GiB", long, ErrTooLarge, "settings of 4294967287 bytes"},
		{"settings too long", join(header, plain(strings.Repeat(" ", MaxSettings)), end), ErrTooLarge, "settings"},
		{"deflated bomb", join(header, deflated(strings.Repeat(" ", 50*MaxSettings)), end), ErrTooLarge, "settings"},
		{"deflated garbage", join(header, text("\x01\x00\x00\x00garbage"), end), ErrDamaged, "zlib"},
		{"compression unknown", join(header, text("\x02\x00\x00\x00{}"), end), ErrDamaged, "compression"},
		{"no text", join(header, text("\x00\x00"), end), ErrDamaged, "without text"},
		{"zTXt garbage", join(header, appendChunk(nil, "zTXt", "roentgo\x00\x00garbage"), end), ErrDamaged, "zlib"},
		{"zTXt of unknown compression", join(header, appendChunk(nil, "zTXt", "roentgo\x00\x01"), end), ErrDamaged, "compression"},
		{"zTXt bomb", join(header, appendChunk(nil, "zTXt", "roentgo\x00\x00"+zipped(strings.Repeat(" ", 50*MaxSettings))), end), ErrTooLarge, "settings"},
		{"tEXt too long", join(header, appendChunk(nil, "tEXt", "roentgo\x00"+strings.Repeat(" ", MaxSettings+1)), end), ErrTooLarge, "settings"},
		{"empty", join(header, text(""), end), ErrDamaged, "compression"},
		{"no JSON", join(header, plain("seed 7"), end), ErrSettings, ""},
		{"more after the JSON", join(header, plain("{} {}"), end), ErrSettings, "after"},
		{"a newer field", join(header, plain(`{"prompt":"x","style":"y"}`), end), ErrSettings, "style"},
		{"seed as a number", join(header, plain(`{"seed":7}`), end), ErrSettings, "unquoted"},
		{"seed beyond 64 bits", join(header, plain(`{"seed":"18446744073709551616"}`), end), ErrSettings, "seed"},
		{"negative seed", join(header, plain(`{"seed":"-1"}`), end), ErrSettings, "seed"},
		{"no UTF-8", join(header, plain("{\"prompt\":\"\xff\"}"), end), ErrSettings, "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(c.file))
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v that says %q", err, c.want, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %q", err)
			}
		})
	}
	const utf8, latin1 = "{\"prompt\":\"é\",\"seed\":\"7\"}", "{\"prompt\":\"\xe9\",\"seed\":\"7\"}"
	for name, chunk := range map[string][]byte{
		"iTXt, compressed": deflated(utf8), "tEXt": appendChunk(nil, "tEXt", "roentgo\x00"+latin1), "tEXt in UTF-8": appendChunk(nil, "tEXt", "roentgo\x00"+utf8),
		"zTXt": appendChunk(nil, "zTXt", "roentgo\x00\x00"+zipped(latin1)), "twice the same": join(plain(utf8), appendChunk(nil, "tEXt", "roentgo\x00"+utf8))[len(signature):],
	} {
		t.Run("by another program: "+name, func(t *testing.T) {
			s, err := Read(bytes.NewReader(join(header, chunk, end)))
			if err != nil || s.Prompt != "é" || s.Seed != 7 {
				t.Errorf("read %+v, %v", s, err)
			}
		})
	}
	t.Run("reader's own error", func(t *testing.T) {
		own := errors.New("disk on fire")
		for n := range len(good) {
			if _, err := Read(io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(own))); !errors.Is(err, own) {
				t.Fatalf("after %d bytes: error %v", n, err)
			}
		}
	})
}

// endless repeats its bytes and counts those that were taken.
type endless struct {
	bytes []byte
	taken int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.bytes[e.taken%len(e.bytes):])
	e.taken += n
	return n, nil
}

func TestReadIsBounded(t *testing.T) {
	start := join(appendChunk(nil, "IHDR", strings.Repeat("x", headerData)))
	tail := &endless{bytes: appendChunk(nil, "IDAT", strings.Repeat("x", 3<<20))}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(io.MultiReader(bytes.NewReader(start), tail))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
	if tail.taken > MaxFile+1 {
		t.Errorf("%d bytes were read, at most %d may be", tail.taken, MaxFile)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes were allocated for a file without settings", used)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "xray.png")
	if err := WriteFile(path, grey(8, 1), example, false); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(first, encode(t, grey(8, 1), example)) {
		t.Errorf("the file is not what Encode writes (%v)", err)
	}
	if err := WriteFile(path, grey(8, 2), example, false); !errors.Is(err, atomicfile.ErrExists) || !strings.Contains(err.Error(), path) {
		t.Errorf("second write: error %v, want ErrExists with the path", err)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, first) {
		t.Error("the refused write changed the file")
	}
	bad := example
	bad.Eta = math.NaN()
	if err := WriteFile(path, grey(8, 2), bad, true); err == nil {
		t.Error("settings without JSON were written")
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, first) {
		t.Error("the failed write changed the file")
	}
	if err := WriteFile(path, grey(8, 2), example, true); err != nil {
		t.Error(err)
	}
	if now, _ := os.ReadFile(path); bytes.Equal(now, first) {
		t.Error("overwriting left the old file")
	}
	if err := WriteFile(filepath.Join(dir, "none", "x.png"), grey(8, 2), example, false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder that is not there: error %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// sentinels are those that an error of Read may wrap.
var sentinels = []error{ErrNotPNG, ErrDamaged, ErrTooLarge, ErrNoSettings, ErrSettings}

func FuzzRead(f *testing.F) {
	good := encode(f, grey(8, 9), example)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(join(chunks(f, good)[0], appendChunk(nil, "zTXt", "roentgo\x00\x00"+zipped("{}")), chunks(f, good)[7]))
	f.Add(join(chunks(f, good)[0], appendChunk(nil, "tEXt", "roentgo\x00{}"), chunks(f, good)[7]))
	f.Add(join(chunks(f, good)[0], appendChunk(nil, "iTXt", "roentgo\x00\x01\x00\x00\x00x\x9c"), chunks(f, good)[7]))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := Read(bytes.NewReader(file))
		if err != nil {
			if !slices.ContainsFunc(sentinels, func(e error) bool { return errors.Is(err, e) }) {
				t.Fatalf("error %v wraps no sentinel", err)
			}
			return
		}
		again, err := Read(bytes.NewReader(encode(t, grey(1, 0), s)))
		if err != nil || again != s {
			t.Fatalf("%+v came back as %+v, %v", s, again, err)
		}
	})
}

// FuzzSettings passes the checksums, which random bytes do not.
func FuzzSettings(f *testing.F) {
	header := chunks(f, encode(f, grey(8, 9), example))[0]
	kinds := []string{"iTXt", "tEXt", "zTXt"}
	f.Add(uint8(0), []byte("\x00\x00\x00\x00{\"seed\":\"7\"}"))
	f.Add(uint8(0), []byte("\x01\x00en\x00\x00x\x9c"))
	f.Add(uint8(1), []byte("{\"prompt\":\"\xe9\"}"))
	f.Add(uint8(2), []byte("\x00"+zipped("{}")))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		file := join(header, appendChunk(nil, kinds[int(kind)%len(kinds)], "roentgo\x00"+string(data)), appendChunk(nil, "IEND", ""))
		s, err := Read(bytes.NewReader(file))
		if err != nil {
			if !slices.ContainsFunc(sentinels, func(e error) bool { return errors.Is(err, e) }) {
				t.Fatalf("error %v wraps no sentinel", err)
			}
			return
		}
		again, err := Read(bytes.NewReader(encode(t, grey(1, 0), s)))
		if err != nil || again != s {
			t.Fatalf("%+v came back as %+v, %v", s, again, err)
		}
	})
}
