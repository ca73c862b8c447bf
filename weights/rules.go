package weights

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
)

// rule checks some bytes of a tensor, those from at on.
type rule func(at int64, b []byte) error

// checkStep is how many bytes of a tensor are checked at a time: all that
// Verify holds of one. It is a multiple of the size of every value.
const checkStep = 1 << 20

// check reads the values of a tensor piece by piece and checks each.
func (f *file) check(ctx context.Context, name string) error {
	e := f.h.entries[name]
	if err := f.scan(ctx, e, f.rule(name)); err != nil {
		return err
	}
	if q, ok := f.quantized[name]; ok {
		return f.scan(ctx, f.h.entries[name+scaleSuffix], scaleRule(name, newGrid(q.Shape, q.Group)))
	}
	return nil
}

func (f *file) scan(ctx context.Context, e entry, r rule) error {
	buffer := make([]byte, min(e.end-e.begin, checkStep))
	for at := e.begin; at < e.end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buffer[:min(int64(len(buffer)), e.end-at)]
		if err := readFull(f.r, b, f.h.data+at); err != nil {
			return err
		}
		if err := r(at-e.begin, b); err != nil {
			return err
		}
		at += int64(len(b))
	}
	return nil
}

// rule is what the bytes of a tensor, without its scales, must fulfil.
func (f *file) rule(name string) rule {
	i := f.info(name)
	switch i.Kind {
	case F32:
		return finiteRule(name, 4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
	case F16:
		return finiteRule(name, 2, func(b []byte) float32 { return halfToFloat(binary.LittleEndian.Uint16(b)) })
	case Int8:
		return int8Rule(name, newGrid(i.Shape, i.Group))
	case Int4:
		return int4Rule(name, newGrid(i.Shape, i.Group))
	}
	return func(int64, []byte) error { return nil }
}

func broken(name, format string, a ...any) error {
	return fmt.Errorf("%w: tensor %q: %s", ErrFormat, name, fmt.Sprintf(format, a...))
}

// finiteRule refuses NaN and infinities.
func finiteRule(name string, size int, value func([]byte) float32) rule {
	return func(at int64, b []byte) error {
		for i := 0; i < len(b); i += size {
			if v := value(b[i:]); v-v != 0 {
				return broken(name, "value %d is %g", (at+int64(i))/int64(size), v)
			}
		}
		return nil
	}
}

// int8Rule refuses the code that no writer makes.
func int8Rule(name string, g grid) rule {
	return func(at int64, b []byte) error {
		for i, q := range b {
			if q == 0x80 {
				k := at + int64(i)
				return broken(name, "value %d of row %d is −128, allowed are −127 to 127", k%int64(g.rest), k/int64(g.rest))
			}
		}
		return nil
	}
}

// int4Rule refuses padding that is not zero: the upper half of the last byte of
// a row of odd length.
func int4Rule(name string, g grid) rule {
	row := int64(g.rowBytes())
	return func(at int64, b []byte) error {
		if g.rest%2 == 0 {
			return nil
		}
		for i := row - 1 - at%row; i < int64(len(b)); i += row {
			if b[i]>>4 != 0 {
				return broken(name, "the padding of row %d is not zero", (at+i)/row)
			}
		}
		return nil
	}
}

// scaleRule refuses scales that are negative, infinite or not a number.
func scaleRule(name string, g grid) rule {
	return func(at int64, b []byte) error {
		for i := 0; i < len(b); i += 2 {
			if h := binary.LittleEndian.Uint16(b[i:]); h >= 0x7c00 {
				k := int((at + int64(i)) / 2)
				return broken(name, "scale %d of row %d is %g, it must be finite and not negative", k%g.groups(), k/g.groups(), halfToFloat(h))
			}
		}
		return nil
	}
}
