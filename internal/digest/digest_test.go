package digest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("abc"), 0o644); err != nil {
		t.Fatal(err)
	}
	// The example of FIPS 180-2.
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if sum, size, err := File(path); sum != want || size != 3 || err != nil {
		t.Errorf("%s, %d bytes, %v", sum, size, err)
	}
	if _, _, err := File(path + "2"); err == nil {
		t.Error("a file that is not there has a digest")
	}
}
