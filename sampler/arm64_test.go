package sampler_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/schedule"
)

var hashes = flag.String("hashes", "", "file for the hashes of TestArm64's images")

// TestArm64 holds images that are sampled for arm64, under qemu's user
// emulation, to the bytes that they have here.
func TestArm64(t *testing.T) {
	if *hashes != "" { // it is the emulated one
		if err := os.WriteFile(*hashes, imageHashes(t), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if runtime.GOARCH != "amd64" || testing.Short() || len(cpu.Instructions()) == 1 {
		t.Skip("runs from amd64 with AVX2 alone")
	}
	emulated, list := need.Arm64(t), filepath.Join(t.TempDir(), "hashes.txt")
	if out, err := emulated("-test.run=^TestArm64$", "-hashes="+list).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if want := imageHashes(t); !bytes.Equal(got, want) {
		t.Errorf("arm64 gives\n%sthis processor\n%s", got, want)
	}
}

// imageHashes returns one line per image: its sampler and the hash of its pixels.
func imageHashes(t *testing.T) []byte {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	var list bytes.Buffer
	for _, method := range schedule.Samplers() {
		for _, img := range sample(t, s, sampler.Request{Prompt: "pleural effusion", Seed: 5, Count: 2, Steps: 8, Sampler: method}).Images {
			h := sha256.New()
			if err := binary.Write(h, binary.LittleEndian, img.Pix); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&list, "%s %x\n", method, h.Sum(nil))
		}
	}
	return list.Bytes()
}
