package site

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/andybalholm/brotli"
)

// MaxPayload is how many bytes a built site may have besides the model,
// compressed by brotli at its best.
const MaxPayload = 1_700_000

// Payload writes a table of a built site's files besides the model to w. It
// returns their total bytes, plain and compressed.
func Payload(w io.Writer, dir string) (raw, compressed int, err error) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "bytes\tbrotli\t  file")
	err = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if err != nil || d.IsDir() || strings.HasPrefix(filepath.ToSlash(name), "model/") {
			return err
		}
		content, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		z := brotli.NewWriterLevel(&b, brotli.BestCompression)
		if _, err := z.Write(content); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		raw, compressed = raw+len(content), compressed+b.Len()
		_, err = fmt.Fprintf(t, "%d\t%d\t  %s\n", len(content), b.Len(), name)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	fmt.Fprintf(t, "%d\t%d\t  in all, of at most %d\n", raw, compressed, MaxPayload)
	return raw, compressed, t.Flush()
}
