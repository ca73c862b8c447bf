package provenance

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf8"
)

// Read returns the settings of a PNG file. It reads the whole file, at most
// MaxFile bytes, and checks every chunk's checksum, but does not decode the
// pixels; of the chunks it keeps only the settings, at most MaxSettings bytes.
func Read(r io.Reader) (Settings, error) {
	settings, err := (&chunkReader{r: &io.LimitedReader{R: r, N: MaxFile + 1}}).settings()
	if err != nil {
		return Settings{}, err
	}
	return ParseSettings(settings)
}

// ParseSettings reads settings as JSON, such as [Settings.JSON] makes it. Errors
// wrap ErrSettings, or ErrTooLarge above MaxSettings bytes.
func ParseSettings(settings []byte) (Settings, error) {
	if len(settings) > MaxSettings {
		return Settings{}, fmt.Errorf("%w: settings of %d bytes, at most %d are read", ErrTooLarge, len(settings), MaxSettings)
	}
	var s Settings
	d := json.NewDecoder(bytes.NewReader(settings))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("%w (of a newer roentgo?): %w", ErrSettings, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Settings{}, fmt.Errorf("%w: text after the JSON", ErrSettings)
	}
	return s, nil
}

// chunkReader goes through the chunks of a file.
type chunkReader struct {
	r *io.LimitedReader
}

// settings reads a file to its end and returns the JSON of its settings.
func (c *chunkReader) settings() ([]byte, error) {
	start := make([]byte, len(signature))
	if _, err := io.ReadFull(c.r, start); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if string(start) != signature {
		return nil, ErrNotPNG
	}
	var settings []byte
	for first := true; ; first = false {
		kind, data, err := c.next()
		if err != nil {
			return nil, err
		}
		if first && kind != "IHDR" {
			return nil, fmt.Errorf("%w: it begins with chunk %q, IHDR must be first", ErrDamaged, kind)
		}
		if data != nil {
			if settings != nil && !bytes.Equal(settings, data) {
				return nil, fmt.Errorf("%w: there are two that differ", ErrSettings)
			}
			settings = data
		}
		if kind == "IEND" {
			break
		}
	}
	if settings == nil {
		return nil, ErrNoSettings
	}
	return settings, nil
}

// next reads a chunk and checks it. data is the JSON, not nil, of the chunk
// of settings, and nil for every other.
func (c *chunkReader) next() (kind string, data []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return "", nil, c.failed(err)
	}
	length, kind := int64(binary.BigEndian.Uint32(head[:4])), string(head[4:])
	sum := crc32.NewIEEE()
	sum.Write(head[4:])
	body := io.TeeReader(io.LimitReader(c.r, length), sum)
	ours := false
	rest := length
	decode := decoders[kind]
	if decode != nil {
		start := make([]byte, min(length, int64(len(keyword)+1)))
		if _, err := io.ReadFull(body, start); err != nil {
			return "", nil, c.failed(err)
		}
		rest -= int64(len(start))
		ours = string(start) == keyword+"\x00"
	}
	var text []byte
	if ours {
		if rest > MaxSettings {
			return "", nil, fmt.Errorf("%w: settings of %d bytes, at most %d are read", ErrTooLarge, rest, MaxSettings)
		}
		text = make([]byte, rest)
		_, err = io.ReadFull(body, text)
	} else {
		_, err = io.CopyN(io.Discard, body, rest)
	}
	if err != nil {
		return "", nil, c.failed(err)
	}
	var crc [4]byte
	if _, err := io.ReadFull(c.r, crc[:]); err != nil {
		return "", nil, c.failed(err)
	}
	if binary.BigEndian.Uint32(crc[:]) != sum.Sum32() {
		return "", nil, fmt.Errorf("%w: the checksum of chunk %q differs", ErrDamaged, kind)
	}
	if ours {
		data, err = decode(text)
	}
	return kind, data, err
}

// failed says why a read came to nothing: the limit, the end of the file, or
// the reader's own error.
func (c *chunkReader) failed(err error) error {
	switch {
	case c.r.N == 0:
		return fmt.Errorf("%w: at most %d bytes of a file are read", ErrTooLarge, MaxFile)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut short", ErrDamaged)
	}
	return err
}

// decoders return the text, in UTF-8, of each kind of text chunk, from after its
// keyword and the zero byte that ends it (PNG specification, section 11.3.3). A
// program that saved the file again may have written the settings as another
// kind than [Encode] does.
var decoders = map[string]func([]byte) ([]byte, error){"tEXt": latin, "zTXt": compressed, "iTXt": international}

// latin is the text of a tEXt chunk: of Latin-1, though some programs write
// UTF-8, which text in Latin-1 hardly ever is by chance.
func latin(b []byte) ([]byte, error) {
	if utf8.Valid(b) {
		return b, nil
	}
	text := make([]byte, 0, 2*len(b))
	for _, c := range b {
		text = utf8.AppendRune(text, rune(c))
	}
	return text, nil
}

// compressed is the text of a zTXt chunk: compression method, Latin-1.
func compressed(b []byte) ([]byte, error) {
	if len(b) < 1 || b[0] != 0 {
		return nil, fmt.Errorf("%w: a zTXt chunk of no known compression", ErrDamaged)
	}
	text, err := inflate(b[1:])
	if err != nil {
		return nil, err
	}
	return latin(text)
}

// international is the text of an iTXt chunk: compression flag and method,
// language and translated keyword, UTF-8.
func international(b []byte) ([]byte, error) {
	if len(b) < 2 || b[0] > 1 || b[1] != 0 {
		return nil, fmt.Errorf("%w: an iTXt chunk of no known compression", ErrDamaged)
	}
	fields := bytes.SplitN(b[2:], []byte{0}, 3)
	if len(fields) != 3 {
		return nil, fmt.Errorf("%w: an iTXt chunk without text", ErrDamaged)
	}
	text := fields[2]
	if b[0] == 1 {
		var err error
		if text, err = inflate(text); err != nil {
			return nil, err
		}
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: text that is no UTF-8", ErrSettings)
	}
	return text, nil
}

// inflate returns at most MaxSettings bytes of a zlib stream.
func inflate(b []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err == nil {
		b, err = io.ReadAll(io.LimitReader(z, MaxSettings+1))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: settings: %w", ErrDamaged, err)
	}
	if len(b) > MaxSettings {
		return nil, fmt.Errorf("%w: settings of more than %d bytes", ErrTooLarge, MaxSettings)
	}
	return b, nil
}
