package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // what detect reads
	_ "image/png"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/dicom"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/internal/terminal"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// watermarkKey is the flag that names a file with a secret.
const watermarkKey = "watermark-key"

const (
	leastSecret = 16      // bytes
	maxSecret   = 4 << 10 // bytes
	maxPixels   = 64 << 20
)

// readKey reads a secret; without a path the key is the public one.
func readKey(path string) (provenance.Key, error) {
	if path == "" {
		return provenance.PublicKey, nil
	}
	secret, err := regular.Read(path, maxSecret)
	if err != nil {
		return provenance.Key{}, fmt.Errorf("--%s: %w", watermarkKey, err)
	}
	text := strings.TrimRight(string(secret), "\r\n")
	if len(text) < leastSecret {
		return provenance.Key{}, misuse{fmt.Errorf("--%s: the secret in %s has %d bytes, at least %d are needed (such as of: openssl rand -hex 32)", watermarkKey, path, len(text), leastSecret)}
	}
	return provenance.KeyOf(text), nil
}

// detectFlags are those of `detect`.
type detectFlags struct {
	keyFile      string
	search, json bool
}

func detectCommand() *cobra.Command {
	var f detectFlags
	cmd := &cobra.Command{
		Use:   "detect FILE…",
		Short: "Look for the watermark of roentgo in images",
		Long: `Look for the watermark of roentgo in the pixels of PNG, JPEG and DICOM files; the
text in the files does not matter. Only the key that made a watermark finds it.

A watermark that the public key finds is a hint: anybody can put it into any image.
If none is found, that says nothing: it may have been removed, or the image never
had one.

The exit status is 0 if each file has a watermark, 1 if a file has none or cannot be
read, 2 for misuse.`,
		Example: `  roentgo detect xray.png
  roentgo detect --search screenshot.png
  roentgo detect --watermark-key secret.txt *.jpg`,
		Args: between(1, maxFiles),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), cmd.OutOrStdout(), args) },
	}
	l := cmd.Flags()
	l.StringVar(&f.keyFile, watermarkKey, "", "file with the secret of the watermarks (default: the public key)")
	l.BoolVar(&f.search, "search", false, "look at all sizes between half and twice that of the marked image, which takes some seconds per file; without it at these two and its own")
	l.BoolVar(&f.json, "json", false, "print a line of JSON for each file")
	return cmd
}

// maxFiles is how many files a command line may name.
const maxFiles = 1_000_000

// errNotFound ends a run in which a file had no watermark.
var errNotFound = errors.New("no watermark of this key in some of the files; that does not say that they are real")

func (f *detectFlags) run(ctx context.Context, stdout io.Writer, paths []string) error {
	key, err := readKey(f.keyFile)
	if err != nil {
		return err
	}
	hashes, err := hashesInside()
	if err != nil {
		return err
	}
	var missing error
	for _, path := range paths {
		d, err := within(ctx, func() (provenance.Detection, error) { return f.detect(path, key) })
		if err != nil {
			return err
		}
		if !d.Found {
			missing = errNotFound
		}
		if err := f.print(stdout, path, d, hashes); err != nil {
			return err
		}
	}
	return missing
}

func (f *detectFlags) detect(path string, key provenance.Key) (provenance.Detection, error) {
	img, err := readImage(path)
	if err != nil {
		return provenance.Detection{}, err
	}
	return provenance.Detect(img, key, f.search), nil
}

// readImage reads an image of at most maxPixels as grey values.
func readImage(path string) (*image.Gray, error) {
	data, err := regular.Read(path, provenance.MaxFile)
	if err != nil {
		return nil, err
	}
	if dicom.Is(data) {
		grey, err := readDICOM(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return grey, nil
	}
	config, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: neither a PNG, a JPEG nor a DICOM file: %w", path, err)
	}
	if int64(config.Width)*int64(config.Height) > maxPixels {
		return nil, fmt.Errorf("%s: %d × %d pixels, at most %d are read (scale it down)", path, config.Width, config.Height, maxPixels)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: damaged %s file: %w", path, strings.ToUpper(kind), err)
	}
	if grey, ok := img.(*image.Gray); ok {
		return grey, nil
	}
	grey := image.NewGray(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(grey, grey.Rect, img, img.Bounds().Min, draw.Src)
	return grey, nil
}

// print writes what was found in a file.
func (f *detectFlags) print(w io.Writer, path string, d provenance.Detection, shipped []string) error {
	bits := ""
	if d.Found && d.Readable {
		bits = fmt.Sprintf("%08x", d.Bits)
	}
	ours := bits != "" && slices.ContainsFunc(shipped, func(hash string) bool { return d.Bits == provenance.ModelBits(hash) })
	if f.json {
		return json.NewEncoder(safeJSON{w}).Encode(struct {
			File      string  `json:"file"`
			Found     bool    `json:"found"`
			Bits      string  `json:"bits,omitempty"`
			Shipped   bool    `json:"shipped_model,omitempty"`
			Score     float64 `json:"score"`
			Threshold float64 `json:"threshold"`
			Chance    float64 `json:"log10_false_alarm"`
			Scale     float64 `json:"scale"`
		}{path, d.Found, bits, ours, d.Score, d.Threshold, d.Chance(), d.Scale})
	}
	text := fmt.Sprintf("no watermark of this key (score %.1f of %.1f)", d.Score, d.Threshold)
	if d.Found {
		text = fmt.Sprintf("watermark (score %.1f of %.1f; an image without one scores so with a chance below 10^%.0f)", d.Score, d.Threshold, d.Chance())
		switch {
		case ours:
			text += ", bits " + bits + ", of a model in this program"
		case bits != "":
			text += ", bits " + bits + ", of a model whose SHA-256 begins with them"
		default:
			text += ", its bits cannot be read"
		}
	}
	_, err := fmt.Fprintf(w, "%s: %s\n", terminal.Text(path, maxPath), text)
	return err
}
