package simd

import "slices"

// align is the alignment of what is allocated: a line of the cache, so that
// two threads never write to the same one.
const align = 64

// region is a part of the module's memory, in bytes.
type region struct{ at, size uint64 }

// allocator gives out regions of a memory that can only grow: the first free
// one that is large enough, or one after all others.
type allocator struct {
	end  uint64   // what is free after all regions begins here
	free []region // in rising order, none of which touch
}

func aligned(n uint64) uint64 { return (n + align - 1) / align * align }

// alloc returns the place of size bytes. Where the end must move, grow makes
// the memory reach there; if it cannot, nothing is given.
func (a *allocator) alloc(size uint64, grow func(end uint64) error) (uint64, error) {
	size = aligned(max(size, 1))
	for i, r := range a.free {
		if r.size < size {
			continue
		}
		if r.size == size {
			a.free = slices.Delete(a.free, i, i+1)
		} else {
			a.free[i] = region{r.at + size, r.size - size}
		}
		return r.at, nil
	}
	at, n := a.end, len(a.free)
	last := n > 0 && a.free[n-1].at+a.free[n-1].size == a.end
	if last {
		at = a.free[n-1].at
	}
	if err := grow(at + size); err != nil {
		return 0, err
	}
	if last {
		a.free = a.free[:n-1]
	}
	a.end = at + size
	return at, nil
}

// release takes back what alloc gave for that size.
func (a *allocator) release(at, size uint64) {
	size = aligned(max(size, 1))
	i, _ := slices.BinarySearchFunc(a.free, at, func(r region, at uint64) int {
		if r.at < at {
			return -1
		}
		return 1
	})
	a.free = slices.Insert(a.free, i, region{at, size})
	if i+1 < len(a.free) && at+size == a.free[i+1].at {
		a.free[i].size += a.free[i+1].size
		a.free = slices.Delete(a.free, i+1, i+2)
	}
	if i > 0 && a.free[i-1].at+a.free[i-1].size == at {
		a.free[i-1].size += a.free[i].size
		a.free = slices.Delete(a.free, i, i+1)
	}
}
