package dataset

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/internal/digest"
	"github.com/roentgo/roentgo/internal/regular"
)

// maxRecords bounds the records of a folder, in bytes: those of maxRows rows with long
// reports. The summary, which lists the rows left out, has the same bound.
const maxRecords = 4 << 30

// maxSize is the most pixels per side of prepared images.
const maxSize = 2048

// Prepared is a prepared folder. Its images stay in their file, which may lie on a
// disk that fails or be cut while it is open: a mapping to memory would then end the
// program, reading it gives an error.
type Prepared struct {
	Dir     string
	Summary Summary
	Records []Record
	images  *os.File
}

// Open reads a prepared folder and checks the hashes of its files.
func Open(dir string) (*Prepared, error) {
	p := &Prepared{Dir: dir}
	data, err := regular.Read(filepath.Join(dir, summaryFile), maxRecords)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w (make it with 'roentgo-train prepare')", ErrPrepared, dir, err)
	}
	if err := json.Unmarshal(data, &p.Summary); err != nil {
		return nil, fmt.Errorf("%w: %s: %s: %w", ErrPrepared, dir, summaryFile, err)
	}
	records, err := readHashed(dir, recordsFile, p.Summary.RecordsSHA256)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(records))
	lines.Buffer(nil, maxRecord+1) // and the line's end
	for lines.Scan() {
		var r Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%w: %s: %s: %w", ErrPrepared, dir, recordsFile, err)
		}
		p.Records = append(p.Records, r)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %s: %w", ErrPrepared, dir, recordsFile, err)
	}
	if err := checkHash(dir, imagesFile, p.Summary.ImagesSHA256); err != nil {
		return nil, err
	}
	images, bytes, err := regular.Open(filepath.Join(dir, imagesFile))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPrepared, err)
	}
	p.images = images
	if size := p.Size(); size < 1 || size > maxSize || bytes != int64(len(p.Records))*int64(size)*int64(size) {
		p.Close()
		return nil, fmt.Errorf("%w: %s: %d records, but %d bytes of images of %d×%d", ErrPrepared, dir, len(p.Records), bytes, size, size)
	}
	return p, nil
}

// Close closes the file of the images.
func (p *Prepared) Close() error { return p.images.Close() }

func readHashed(dir, name, want string) ([]byte, error) {
	if err := checkHash(dir, name, want); err != nil {
		return nil, err
	}
	return regular.Read(filepath.Join(dir, name), maxRecords)
}

// checkHash reads a file through, a little at a time.
func checkHash(dir, name, want string) error {
	path := filepath.Join(dir, name)
	sum, _, err := digest.File(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPrepared, err)
	}
	if sum != want {
		return fmt.Errorf("%w: %s has changed since it was prepared (prepare it again)", ErrPrepared, path)
	}
	return nil
}

// Digest identifies the images and the records of the folder.
func (p *Prepared) Digest() string {
	sum := sha256.Sum256([]byte(p.Summary.ImagesSHA256 + p.Summary.RecordsSHA256))
	return hex.EncodeToString(sum[:])
}

// Size is the number of pixels per side.
func (p *Prepared) Size() int { return p.Summary.Size }

// Split lists the indices of the images of a part, [Train] or [Test].
func (p *Prepared) Split(part string) []int {
	var list []int
	for i, r := range p.Records {
		if r.Split == part {
			list = append(list, i)
		}
	}
	return list
}

// Image copies image i to dst, size×size values in [−1, 1].
func (p *Prepared) Image(i int, dst []float32) error {
	pixels := make([]byte, p.Size()*p.Size())
	if err := p.grey(i, pixels); err != nil {
		return err
	}
	for j, v := range pixels {
		dst[j] = float32(v)/127.5 - 1
	}
	return nil
}

// Images returns copies of images, each as of [Prepared.Image].
func (p *Prepared) Images(indices []int) ([][]float32, error) {
	list := make([][]float32, len(indices))
	for k, i := range indices {
		list[k] = make([]float32, p.Size()*p.Size())
		if err := p.Image(i, list[k]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// grey copies the size×size grey bytes of image i.
func (p *Prepared) grey(i int, dst []byte) error {
	if _, err := p.images.ReadAt(dst, int64(i)*int64(len(dst))); err != nil {
		return fmt.Errorf("%w: %s changed while it was open: image %d: %w", ErrPrepared, p.images.Name(), i, err)
	}
	return nil
}
