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
)

// Prepared is a prepared folder, in memory: 64 KiB an image of 256 pixels a
// side.
type Prepared struct {
	Dir     string
	Summary Summary
	Records []Record
	images  []byte
}

// Open reads a prepared folder and checks the hashes of its files.
func Open(dir string) (*Prepared, error) {
	p := &Prepared{Dir: dir}
	data, err := os.ReadFile(filepath.Join(dir, summaryFile))
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
	if p.images, err = readHashed(dir, imagesFile, p.Summary.ImagesSHA256); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(records))
	lines.Buffer(nil, 1<<20)
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
	if size := p.Size(); size < 1 || len(p.images) != len(p.Records)*size*size {
		return nil, fmt.Errorf("%w: %s: %d records, but %d bytes of images of %d×%d", ErrPrepared, dir, len(p.Records), len(p.images), size, size)
	}
	return p, nil
}

func readHashed(dir, name, want string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPrepared, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
		return nil, fmt.Errorf("%w: %s has changed since it was prepared (prepare it again)", ErrPrepared, filepath.Join(dir, name))
	}
	return data, nil
}

// Size is the number of pixels a side.
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
func (p *Prepared) Image(i int, dst []float32) {
	n := p.Size() * p.Size()
	for j, v := range p.images[i*n : (i+1)*n] {
		dst[j] = float32(v)/127.5 - 1
	}
}
