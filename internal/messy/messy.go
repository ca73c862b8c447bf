// Package messy gives tests a folder as people bring it: a hundred files of every
// sort, about half of them of no use, and two tables that were written by hand.
package messy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/roentgo/roentgo/internal/dicom"
	"github.com/roentgo/roentgo/internal/specimen"
)

// What is to become of a file, beside the reasons for which it is left out.
const (
	Used    = "used"
	Unnamed = "no table names it"
	Table   = "is a table"
)

// Files is how many files a folder has, the tables among them.
const Files = 100

// Folder fills a folder and returns the tables and what is to become of each file,
// by its name on the disk: [Used], [Unnamed], [Table] or a part of the reason why it
// is left out.
func Folder(dir string) (tables []string, fate map[string]string, err error) {
	m := &maker{dir: dir, fate: map[string]string{}}
	if m.films, err = films(); err != nil {
		return nil, nil, err
	}
	m.usable()
	m.unusable()
	m.strangers()
	if m.err != nil {
		return nil, nil, m.err
	}
	return m.write()
}

// row is a line of a table.
type row struct{ file, view, labels, sex, age string }

type maker struct {
	dir   string
	films []*image.Gray
	rows  []row
	fate  map[string]string
	err   error
}

// films are real chest X-rays.
func films() (list []*image.Gray, err error) {
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(specimen.Manifest()), "images", "*.jpg"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		grey := image.NewGray(img.Bounds())
		draw.Draw(grey, grey.Rect, img, image.Point{}, draw.Src)
		list = append(list, grey)
	}
	return list, nil
}

// film is another X-ray at each call, until all were shown.
func (m *maker) film() *image.Gray { return m.films[len(m.rows)%len(m.films)] }

// put writes a file and what is to become of it.
func (m *maker) put(name, fate string, data []byte) {
	m.fate[name] = fate
	if err := os.WriteFile(filepath.Join(m.dir, name), data, 0o644); err != nil && m.err == nil {
		m.err = err
	}
}

// add writes a file that a table names by the name said, which may be spelled in
// another way than it is on the disk.
func (m *maker) add(name, said, fate string, data []byte) {
	m.put(name, fate, data)
	k := len(m.rows)
	m.rows = append(m.rows, row{said, []string{"PA", "AP", "AP supine", "Posteroanterior"}[k%4],
		[]string{"Pleural Effusion", "effusion, cardiomegaly", "No Finding", "PNEUMOTHORAX", "Infiltration"}[k%5],
		[]string{"Female", "m", "", "F"}[k%4], []string{"058Y", "45.0", "", "61"}[k%4]})
}

// encoded is an image in a format.
func (m *maker) encoded(img image.Image, encode func(io.Writer, image.Image) error) []byte {
	var b bytes.Buffer
	if err := encode(&b, img); err != nil && m.err == nil {
		m.err = err
	}
	return b.Bytes()
}

func asJPEG(w io.Writer, img image.Image) error {
	return jpeg.Encode(w, img, &jpeg.Options{Quality: 92})
}

func asTIFF(w io.Writer, img image.Image) error { return tiff.Encode(w, img, nil) }

func asGIF(w io.Writer, img image.Image) error { return gif.Encode(w, img, nil) }

// drawn is an X-ray drawn pixel by pixel into another kind of image.
func drawn[I draw.Image](film *image.Gray, to I, c func(x, y int, v uint8) color.Color) I {
	for y := range film.Rect.Dy() {
		for x := range film.Rect.Dx() {
			to.Set(x, y, c(x, y, film.GrayAt(x, y).Y))
		}
	}
	return to
}

// usable are images that a training can take, as they are stored in practice.
func (m *maker) usable() {
	several := func(n int, name string, data func() []byte) {
		for k := range n {
			file := fmt.Sprintf(name, k)
			m.add(file, file, Used, data())
		}
	}
	several(10, "film %d.jpg", func() []byte { return m.encoded(m.film(), asJPEG) })
	several(5, "grey-%d.png", func() []byte { return m.encoded(m.film(), png.Encode) })
	several(5, "deep-%d.png", func() []byte { // 12 of 16 bits
		film := m.film()
		return m.encoded(drawn(film, image.NewGray16(film.Rect), func(_, _ int, v uint8) color.Color { return color.Gray16{Y: 16 * uint16(v)} }), png.Encode)
	})
	several(4, "colour-%d.png", func() []byte {
		film := m.film()
		return m.encoded(drawn(film, image.NewRGBA(film.Rect), func(_, _ int, v uint8) color.Color { return color.RGBA{v, v, v / 2, 255} }), png.Encode)
	})
	several(3, "clear-%d.png", func() []byte {
		film := m.film()
		return m.encoded(drawn(film, image.NewNRGBA(film.Rect), func(x, _ int, v uint8) color.Color {
			return color.NRGBA{v, v, v, map[bool]uint8{true: 255}[x >= 20]}
		}), png.Encode)
	})
	several(3, "palette-%d.png", func() []byte {
		film := m.film()
		var p color.Palette
		for v := range 128 {
			p = append(p, color.Gray{Y: uint8(2 * v)})
		}
		return m.encoded(drawn(film, image.NewPaletted(film.Rect, p), func(_, _ int, v uint8) color.Color { return color.Gray{Y: v} }), png.Encode)
	})
	several(4, "negative-%d.png", func() []byte {
		film := m.film()
		return m.encoded(drawn(film, image.NewGray(film.Rect), func(_, _ int, v uint8) color.Color { return color.Gray{Y: 255 - v} }), png.Encode)
	})
	several(3, "scan%d.TIF", func() []byte { return m.encoded(m.film(), asTIFF) })
	several(3, "bitmap-%d.bmp", func() []byte { return m.encoded(m.film(), bmp.Encode) })
	several(4, "IM%06d", func() []byte { // as hospitals export them: no extension
		c := dicom.Capture{Image: m.film(), Synthetic: "made for a test", Software: "test"}
		var b bytes.Buffer
		if err := c.Write(&b); err != nil && m.err == nil {
			m.err = err
		}
		return b.Bytes()
	})
	several(3, "really-a-jpeg-%d.png", func() []byte { return m.encoded(m.film(), asJPEG) })
	for k, said := range []string{"thorax-é.jpg", "Müller.jpg", "Nuñez.jpg"} { // NFC in the table, NFD on the disk
		onDisk := strings.NewReplacer("é", "e\u0301", "ü", "u\u0308", "ñ", "n\u0303").Replace(said)
		m.add(onDisk, []string{said, said, "./" + said}[k], Used, m.encoded(m.film(), asJPEG))
	}
}

// unusable are files that a table names and that no training can take.
func (m *maker) unusable() {
	several := func(n int, name, fate string, data func() []byte) {
		for k := range n {
			file := fmt.Sprintf(name, k)
			m.add(file, file, fate, data())
		}
	}
	grey := func(w, h int) *image.Gray { return image.NewGray(image.Rect(0, 0, w, h)) }
	several(3, "empty-%d.jpg", "", func() []byte { return nil })
	several(3, "letter-%d.png", "", func() []byte { return []byte("Dear colleague,\nthe film is on its way.\n") })
	several(4, "cut-%d.jpg", "", func() []byte { b := m.encoded(m.film(), asJPEG); return b[:len(b)/10] })
	several(3, "cut-%d.png", "", func() []byte { b := m.encoded(m.film(), png.Encode); return b[:len(b)/2] })
	several(4, "blank-%d.png", "", func() []byte { return m.encoded(grey(256, 256), png.Encode) })
	several(3, "icon-%d.png", "", func() []byte { return m.encoded(grey(8, 8), png.Encode) })
	several(3, "strip-%d.png", "", func() []byte { return m.encoded(grey(900, 100), png.Encode) })
	several(2, "huge-%d.png", "", func() []byte { // says that it has 60,000 × 60,000 pixels
		b := m.encoded(grey(8, 8), png.Encode)
		binary.BigEndian.PutUint32(b[16:], 60000)
		binary.BigEndian.PutUint32(b[20:], 60000)
		return b
	})
	several(5, "side-%d.jpg", "not frontal", func() []byte { return m.encoded(m.film(), asJPEG) })
	for k := len(m.rows) - 5; k < len(m.rows); k++ {
		m.rows[k].view = []string{"LATERAL", "LL", "Lateral"}[k%3]
	}
	several(3, "report-%d.pdf", "", func() []byte { return []byte("%PDF-1.7\n%âãÏÓ\n") })
	// Rows without a file, and a file that two rows name.
	for _, file := range []string{"lost.png", `C:\films\17.png`} {
		m.rows = append(m.rows, row{file: file, view: "PA", labels: "Effusion"})
	}
	again := m.rows[3]
	m.rows = append(m.rows, again)
}

// strangers are files that no table names.
func (m *maker) strangers() {
	m.put("Thumbs.db", Unnamed, []byte("\xd0\xcf\x11\xe0"))
	m.put("notes.txt", Unnamed, []byte("ask for the other half"))
	m.put("~$table.xlsx", Unnamed, []byte("PK\x03\x04"))
	m.put("backup.zip", Unnamed, []byte("PK\x03\x04"))
	m.put("logo.gif", Unnamed, m.encoded(m.films[0], asGIF))
	for n := len(m.fate) + 2; n < Files; n++ { // and the two tables
		m.put(fmt.Sprintf("not in any table %02d.jpg", n), Unnamed, m.encoded(m.films[n%len(m.films)], asJPEG))
	}
}

// write writes the tables, each of half of the rows.
func (m *maker) write() (tables []string, fate map[string]string, err error) {
	half := len(m.rows) / 2
	var excel strings.Builder
	excel.WriteString("\ufeffFile;View;Finding Labels;Sex;Age;Remark\r\n")
	for _, r := range m.rows[:half] {
		fmt.Fprintf(&excel, "%q;%s;%q;%s;%s;\"seen; filed\"\r\n", r.file, r.view, r.labels, r.sex, r.age)
	}
	m.put("list 1.csv", Table, []byte(excel.String()))
	text := "Image Index\tView Position\tFinding Labels\tPatient Gender\tPatient Age\n"
	for _, r := range m.rows[half:] {
		text += strings.Join([]string{r.file, r.view, strings.ReplaceAll(r.labels, ", ", "|"), r.sex, r.age}, "\t") + "\n"
	}
	wide := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(c), byte(c>>8))
	}
	m.put("list 2 (unicode).txt", Table, wide)
	return []string{filepath.Join(m.dir, "list 1.csv"), filepath.Join(m.dir, "list 2 (unicode).txt")}, m.fate, m.err
}
