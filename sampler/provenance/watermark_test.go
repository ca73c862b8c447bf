package provenance

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // of the specimens
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/internal/alter"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/specimen"
)

// openImage reads an image as grey values.
func openImage(t testing.TB, path string) *image.Gray {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	g := image.NewGray(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(g, g.Rect, img, img.Bounds().Min, draw.Src)
	return g
}

// realImages are the X-rays of internal/specimen.
func realImages(t testing.TB) (list []*image.Gray) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(specimen.Manifest()), "images", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		list = append(list, openImage(t, path))
	}
	if len(list) != specimen.Images {
		t.Fatalf("%d specimens", len(list))
	}
	return list
}

// slope is an image without any detail, of any size.
func slope(width, height int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			g.Pix[y*g.Stride+x] = uint8(40 + 160*(x+y)/(width+height))
		}
	}
	return g
}

// TestGoldenWatermark pins the pixels of a watermark: another machine, or a
// browser, must make the same, and another version must find those of this one.
func TestGoldenWatermark(t *testing.T) {
	for _, c := range []struct {
		width, height int
		secret        string
		bits          uint32
		want          string
	}{
		{256, 256, "public", 0xdeadbeef, "7b4aa3007152e58e477a10cd29a3916d69b4603075703cfe8e0aa467823bd140"},
		{300, 130, "0123456789abcdef", 1, "2eafc44a0e4bde8c43b37c5fe98fac6aa69bc7e3fff3f2e1cf389f75516303be"},
	} {
		g := slope(c.width, c.height)
		draw.Draw(g, image.Rect(20, 30, 90, 80), image.White, image.Point{}, draw.Src) // edges, and values that are clipped
		marked := Watermark(g, KeyOf(c.secret), c.bits)
		if got := fmt.Sprintf("%x", sha256.Sum256(marked.Pix)); got != c.want {
			t.Errorf("%d × %d, %q, %08x: %s, want %s", c.width, c.height, c.secret, c.bits, got, c.want)
		}
	}
}

// TestOtherArchitectures runs TestGoldenWatermark as WebAssembly and for arm64.
func TestOtherArchitectures(t *testing.T) {
	need.OtherArchitectures(t, "Golden", "TestGoldenWatermark")
}

// TestWatermarkSurvives alters real images after marking them, and one without
// any detail.
func TestWatermarkSurvives(t *testing.T) {
	images := []*image.Gray{slope(256, 256), slope(512, 384), grey(256, 70), grey(256, 190)} // of black or white alone nothing is left once it is clipped
	for i, g := range realImages(t) {
		if i%6 == 0 {
			images = append(images, g)
		}
	}
	for _, a := range alter.All {
		if a.Resizes {
			continue // TestSearch
		}
		for i, g := range images {
			bits := uint32(i) * 0x9e3779b9
			d := Detect(a.Apply(Mark(Watermark(g, PublicKey, bits))), PublicKey, false)
			if right := d.Readable && d.Bits == bits; a.Promise && !(d.Found && right) {
				t.Errorf("image %d, %s: %+v", i, a.Name, d)
			} else if !d.Found {
				t.Logf("image %d, %s: not found, score %.1f", i, a.Name, d.Score)
			}
		}
	}
}

// TestSearch finds a watermark in an image of another size, which without a
// search it does not.
func TestSearch(t *testing.T) {
	marked := Watermark(realImages(t)[0], PublicKey, 77)
	for _, a := range alter.All {
		if !a.Resizes {
			continue
		}
		altered := a.Apply(marked)
		if d := Detect(altered, PublicKey, false); d.Found {
			t.Errorf("%s: found without a search at scale %g", a.Name, d.Scale)
		}
		if d := Detect(altered, PublicKey, true); !d.Found || !d.Readable || d.Bits != 77 {
			t.Errorf("%s: %+v", a.Name, d)
		}
	}
}

// TestFalseAlarms looks for watermarks where there is none of the key.
func TestFalseAlarms(t *testing.T) {
	secret := KeyOf("a secret of more than 16 bytes")
	images := realImages(t)
	highest := 0.0
	for i, g := range append(images, grey(256, 0), grey(256, 130), slope(200, 300)) {
		for name, c := range map[string]struct {
			img *image.Gray
			key Key
		}{
			"no watermark":                {g, PublicKey},
			"one of the public key":       {Watermark(g, PublicKey, 5), secret},
			"one of a secret, public key": {Watermark(g, secret, 5), PublicKey},
		} {
			d := Detect(c.img, c.key, false)
			highest = max(highest, d.Score)
			if d.Found || d.Chance() < -6 {
				t.Errorf("image %d, %s: %+v", i, name, d)
			}
		}
	}
	// The bound is not a bound of nothing: the scores come near to it.
	t.Logf("the highest score is %.2f of %.2f", highest, threshold(3))
	if highest < 8 {
		t.Errorf("the highest of the scores is %.2f", highest)
	}
}

// TestRealImages looks at one in ten of the large data; the command
// sampler/internal/detection looks at all.
func TestRealImages(t *testing.T) {
	for _, folder := range []string{"cxr-open", "cxr-open2"} {
		paths, err := filepath.Glob(filepath.Join(need.Data(t, folder, "images"), "*", "*.jpg"))
		if err != nil || len(paths) < 2000 {
			t.Fatalf("%d images (%v)", len(paths), err)
		}
		found := 0
		for i := 0; i < len(paths); i += 10 {
			g := openImage(t, paths[i])
			if d := Detect(g, PublicKey, false); d.Found {
				t.Errorf("%s: %+v", paths[i], d)
			}
			if Detect(Watermark(g, PublicKey, 5), PublicKey, false).Found {
				found++
			}
		}
		if n := (len(paths) + 9) / 10; found*100 < n*99 {
			t.Errorf("%s: found in %d of %d marked images", folder, found, n)
		}
	}
}

// TestScores draws keys for one image: the scores of the pilots and symbols are
// within the bound of Hoeffding's inequality.
func TestScores(t *testing.T) {
	s := spectrumOf(gridOf(realImages(t)[3], detectSide))
	over, n := 0, 400
	for i := range n {
		signs := KeyOf(fmt.Sprintf("key %d of a test", i)).signs()
		sum := 0.0
		for k := range s { // of one codeword, at one place
			sum += real(s[k] * conjugate(&signs, k))
		}
		if sum/math.Sqrt(float64(len(s))) >= 1.5 {
			over++
		}
	}
	// exp(-1.5²/2) is 0.32; a normal deviate is above 1.5 in 0.067 of cases.
	if share := float64(over) / float64(n); share > 0.32 || share < 0.02 {
		t.Errorf("a share of %.3f scores 1.5 or more", share)
	}
}

func TestThreshold(t *testing.T) {
	for scales, want := range map[int]float64{1: 10.72, 3: 10.82, 282: 11.23} {
		if got := threshold(scales); math.Abs(got-want) > 0.01 {
			t.Errorf("of %d scales: %.3f, want %.2f", scales, got, want)
		}
	}
	for score, want := range map[float64]float64{0: 0, 10.82: -6, 20: -67.4} {
		if got := (Detection{Score: score, Threshold: 10.82}).Chance(); math.Abs(got-want) > 0.1 {
			t.Errorf("of score %g: 10^%.2f, want 10^%.2f", score, got, want)
		}
	}
}

func TestFidelity(t *testing.T) {
	for i, g := range append(realImages(t)[:10], slope(256, 256), slope(700, 300), grey(256, 128), grey(64, 0)) {
		marked := Watermark(g, PublicKey, 3)
		if db := alter.PSNR(g, marked); db < 44.5 || db > 49 {
			t.Errorf("image %d: %.2f dB", i, db)
		}
	}
}

// TestWatermarkOfParts marks a part of an image as the same image alone, and
// changes nothing else.
func TestWatermarkOfParts(t *testing.T) {
	whole := slope(400, 400)
	before := slices.Clone(whole.Pix)
	part := whole.SubImage(image.Rect(50, 70, 250, 230)).(*image.Gray)
	alone := image.NewGray(image.Rect(0, 0, 200, 160))
	draw.Draw(alone, alone.Rect, part, part.Rect.Min, draw.Src)
	a, b := Watermark(part, PublicKey, 9), Watermark(alone, PublicKey, 9)
	if a.Rect != part.Rect || !slices.Equal(a.Pix, b.Pix) {
		t.Error("a part of an image is marked otherwise than the same image alone")
	}
	if !slices.Equal(before, whole.Pix) {
		t.Error("the image was written to")
	}
	if d := Detect(part, PublicKey, false); d.Found {
		t.Errorf("found in what has none: %+v", d)
	}
	for _, size := range []image.Point{{}, {1, 1}, {1, 40}, {8, 300}, {31, 31}, {33, 33}} {
		g := slope(size.X, size.Y)
		if got := Watermark(g, PublicKey, 1); got.Rect != g.Rect {
			t.Errorf("%v became %v", g.Rect, got.Rect)
		}
		if d := Detect(g, PublicKey, true); d.Found {
			t.Errorf("%v: %+v", size, d)
		}
	}
}

func TestCodewords(t *testing.T) {
	for _, bits := range []uint32{0, 1, 0xffffffff, 0x12345678} {
		word := codeword(bits)
		if got, ok := bitsOf(word); !ok || got != bits {
			t.Errorf("%08x came back as %08x, %t", bits, got, ok)
		}
		for i := range word {
			word[i] ^= 0x40
			if _, ok := bitsOf(word); ok {
				t.Errorf("%08x: symbol %d may be another", bits, i)
			}
			word[i] ^= 0x40
		}
	}
	for symbol := range 256 {
		var values [walshes]float64
		for at := range values {
			values[at] = float64(turn(byte(symbol), at))
			if at%5 == 0 { // some are wrong
				values[at] *= -1
			}
		}
		if got := likeliest(values); got != byte(symbol) {
			t.Errorf("symbol %d was read as %d", symbol, got)
		}
	}
	// Symbols and pilots share all chips, 256 each, pilots twice as many.
	count := map[int]int{}
	for chip := range chips {
		s, _ := group(chip)
		count[min(s, symbols)]++
	}
	for s := range symbols + 1 {
		if want := 256 + 256*(s/symbols); count[s] != want {
			t.Errorf("group %d has %d chips, want %d", s, count[s], want)
		}
	}
	if want := "1b0c2"; fmt.Sprintf("%x", ModelBits("0001b0c2ffff")) != want || ModelBits("xyz") != 0 || ModelBits("not hexadecimal") != 0 {
		t.Error("bits of a model")
	}
}

func TestMarksSay(t *testing.T) {
	for m, want := range map[Marks]string{
		{}: "", {Unmarked: true}: "no visible mark", {Secret: true}: "a watermark of a secret key",
		{Unmarked: true, Unsigned: true}: "no visible mark, no watermark", {Unsigned: true, Secret: true}: "no watermark",
	} {
		if got := m.String(); got != want {
			t.Errorf("%+v is %q, want %q", m, got, want)
		}
	}
}

func BenchmarkWatermark(b *testing.B) {
	g := slope(256, 256)
	for b.Loop() {
		Watermark(g, PublicKey, 1)
	}
}
