package simd

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// FuzzAllocator does what random bytes say: regions never overlap, and when
// all are released one is left.
func FuzzAllocator(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		ops := make([]byte, 300)
		for i := range ops {
			ops[i] = byte(r.Uint32())
		}
		f.Add(ops)
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		const first, limit = 4 * align, 400 * align
		a := allocator{end: first}
		full := errors.New("full")
		var held []region
		for _, op := range ops {
			if op >= 100 && len(held) > 0 {
				i := int(op) % len(held)
				a.release(held[i].at, held[i].size)
				held = append(held[:i], held[i+1:]...)
				continue
			}
			size, end := uint64(op)*29, a.end
			at, err := a.alloc(size, func(end uint64) error {
				if end > limit {
					return full
				}
				return nil
			})
			if err != nil {
				if a.end != end {
					t.Fatalf("a refused region moved the end from %d to %d", end, a.end)
				}
				continue
			}
			for _, r := range append([]region{{0, first}}, held...) {
				if at < r.at+max(r.size, 1) && r.at < at+max(size, 1) {
					t.Fatalf("%d bytes at %d lie over %d at %d", size, at, r.size, r.at)
				}
			}
			if at%align != 0 || at+size > a.end {
				t.Fatalf("%d bytes at %d, the end is %d", size, at, a.end)
			}
			held = append(held, region{at, size})
		}
		for _, r := range held {
			a.release(r.at, r.size)
		}
		if len(a.free) > 1 || a.end > first && (len(a.free) != 1 || a.free[0] != region{first, a.end - first}) {
			t.Fatalf("all was released, and free are %v below %d", a.free, a.end)
		}
	})
}
