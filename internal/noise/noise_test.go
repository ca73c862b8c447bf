package noise

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden.txt again")

// The known answer of Random123's kat_vectors for Philox4x32-10, and two more.
func TestPhilox(t *testing.T) {
	for _, c := range []struct {
		key     [2]uint32
		counter [4]uint32
		want    [4]uint32
	}{
		{[2]uint32{}, [4]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[2]uint32{0xffffffff, 0xffffffff}, [4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[2]uint32{0xa4093822, 0x299f31d0}, [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := Philox(c.key, c.counter); got != c.want {
			t.Errorf("Philox(%x, %x) = %x, want %x", c.key, c.counter, got, c.want)
		}
	}
}

// The bits that the design of the model file fixes.
func TestGoldenFirstFour(t *testing.T) {
	for seed, want := range map[uint64][4]uint32{
		0:         {0x3f7dbb30, 0xbf6cb6b3, 0xbf1e1ba1, 0xbef6d1aa},
		42:        {0xbf785e5a, 0x3e46acec, 0xbf9e28cc, 0x3ff6433e},
		1<<63 + 5: {0x3e7919b5, 0x3c8ad4f0, 0xbfc67675, 0x3e8bc863},
	} {
		var z [4]float32
		Latent(z[:], seed, 0, StreamInitial)
		for i, v := range z {
			if math.Float32bits(v) != want[i] {
				t.Errorf("seed %d, element %d: bits %08x, want %08x", seed, i, math.Float32bits(v), want[i])
			}
		}
	}
}

// golden lists a hash of the first 8192 values of many streams.
func golden() []byte {
	var out bytes.Buffer
	z := make([]float32, 8192)
	raw := make([]byte, 4*len(z))
	for _, seed := range []uint64{0, 1, 42, 1<<32 - 1, 1 << 53, 1<<63 + 5, math.MaxUint64} {
		for _, image := range []uint32{0, 1, 99} {
			for _, stream := range []uint32{StreamInitial, StreamStep(0), StreamStep(999), StreamTraining} {
				Latent(z, seed, image, stream)
				for i, v := range z {
					binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
				}
				fmt.Fprintf(&out, "%d %d %d %x\n", seed, image, stream, sha256.Sum256(raw))
			}
		}
	}
	return out.Bytes()
}

// go test ./internal/noise -run Golden -update writes the file.
func TestGoldenFile(t *testing.T) {
	const file = "testdata/golden.txt"
	got := golden()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the noise differs from %s: images of a seed would change", file)
	}
}

func TestLogAndSincos(t *testing.T) {
	for i := uint32(0); i < 1<<24; i += 1237 {
		u := float64(i+1) * 0x1p-24
		if got, want := log(u), math.Log(u); math.Abs(got-want) > 4e-16*math.Abs(want) {
			t.Fatalf("log(%g) = %g, want %g", u, got, want)
		}
		v := float64(i) * 0x1p-24
		s, c := sincosTurns(v)
		if ws, wc := math.Sincos(2 * math.Pi * v); math.Abs(s-ws) > 1e-15 || math.Abs(c-wc) > 1e-15 {
			t.Fatalf("sincosTurns(%g) = %g, %g, want %g, %g", v, s, c, ws, wc)
		}
	}
}

// Mean, variance, kurtosis and the distance of Kolmogorov and Smirnov of a
// million values, each within about 5 standard errors.
func TestGaussian(t *testing.T) {
	const n = 1 << 20
	z := make([]float32, n)
	Latent(z, 7, 0, StreamInitial)
	var m1, m2, m4 float64
	for _, v := range z {
		x := float64(v)
		m1 += x
		m2 += x * x
		m4 += x * x * x * x
	}
	m1, m2, m4 = m1/n, m2/n, m4/n
	if math.Abs(m1) > 0.005 || math.Abs(m2-1) > 0.007 || math.Abs(m4-3) > 0.05 {
		t.Errorf("moments 1, 2, 4 are %g, %g, %g, want 0, 1, 3", m1, m2, m4)
	}
	slices.Sort(z)
	var d float64
	for i, v := range z {
		d = max(d, math.Abs(0.5*math.Erfc(-float64(v)/math.Sqrt2)-float64(i)/n))
	}
	if d > 2.3/math.Sqrt(n) {
		t.Errorf("the distribution is %g away from the Gaussian", d)
	}
}

func TestPermutation(t *testing.T) {
	p := Permutation(1000, 3, 1, StreamTraining)
	q := slices.Clone(p)
	slices.Sort(q)
	for i, v := range q {
		if i != v {
			t.Fatalf("%d is missing", i)
		}
	}
	if slices.Equal(p, Permutation(1000, 3, 2, StreamTraining)) || slices.Equal(p, q) {
		t.Error("two epochs have the same order, or the order is none")
	}
	counts := map[[3]int]int{}
	const orders = 12000
	for e := range uint32(orders) { // each order of three is as likely
		p := Permutation(3, 9, e, StreamTraining)
		counts[[3]int(p)]++
	}
	for order, n := range counts {
		if len(counts) != 6 || math.Abs(float64(n)-orders/6) > 5*math.Sqrt(orders/6) {
			t.Errorf("order %v came %d times of %d", order, n, orders)
		}
	}
}

func BenchmarkLatent(b *testing.B) {
	z := make([]float32, 8192)
	b.SetBytes(int64(4 * len(z)))
	for b.Loop() {
		Latent(z, 1, 0, StreamInitial)
	}
}
