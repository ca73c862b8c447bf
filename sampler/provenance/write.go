package provenance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"unicode"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// Encode writes img as a PNG file with text chunks: Title, Description (the
// prompt), Software, Warning, XMP, which other programs read that an image is
// synthetic, and roentgo, an iTXt chunk that holds s as JSON.
// It writes nothing where s cannot be encoded: ErrTooLarge when it has more
// than MaxSettings bytes. The pixels are img's; for marks in them, see [Mark]
// and [Watermark].
func Encode(w io.Writer, img *image.Gray, s Settings) error {
	settings, err := s.JSON()
	if err != nil {
		return err
	}
	var pixels bytes.Buffer
	if err := png.Encode(&pixels, img); err != nil {
		return fmt.Errorf("provenance: %w", err)
	}
	const header = len(signature) + chunkFrame + headerData
	file := append([]byte(nil), pixels.Next(header)...)
	file = appendText(file, "Title", Title)
	if d := printable(s.Prompt); d != "" {
		file = appendText(file, "Description", d)
	}
	file = appendText(file, "Software", printable("roentgo "+s.Version))
	file = appendText(file, "Warning", Warning)
	file = appendUnicode(file, "XML:com.adobe.xmp", xmp)
	file = appendUnicode(file, keyword, string(settings))
	_, err = w.Write(append(file, pixels.Bytes()...))
	return err
}

// JSON is the settings as a file holds them. ErrTooLarge if it has more than
// MaxSettings bytes.
func (s Settings) JSON() ([]byte, error) {
	settings, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	if len(settings) > MaxSettings {
		return nil, fmt.Errorf("%w: settings of %d bytes, a file may have %d (shorten the prompt)", ErrTooLarge, len(settings), MaxSettings)
	}
	return settings, nil
}

// printable is what a text chunk may show of a text.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}

// WriteFile writes the file of [Encode] to path as [atomicfile.Write] does:
// whole or not at all. One that is there is kept, and is atomicfile.ErrExists,
// unless overwrite is set.
func WriteFile(path string, img *image.Gray, s Settings, overwrite bool) error {
	return atomicfile.Write(path, overwrite, func(w io.Writer) error { return Encode(w, img, s) })
}
