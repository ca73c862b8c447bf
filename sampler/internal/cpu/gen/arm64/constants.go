package main

import (
	"fmt"
	"math"
	"slices"
)

// constants are values in memory and, once they are loaded, in registers, four
// in each.
type constants struct {
	name string
	bits []uint32
	in   []vector
}

// constants prints the memory of values.
func (a *assembler) constants(name string, bits []uint32) *constants {
	for len(bits)%4 != 0 {
		bits = append(bits, 0)
	}
	a.code.WriteByte('\n')
	for i, b := range bits {
		fmt.Fprintf(&a.code, "DATA %s<>+%d(SB)/4, $%#08x\n", name, 4*i, b)
	}
	fmt.Fprintf(&a.code, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", name, 4*len(bits))
	return &constants{name: name, bits: bits}
}

// take loads constants into vectors of the function.
func (a *assembler) take(c *constants) {
	c.in = a.vectors(len(c.bits) / 4)
	p := a.general()
	a.op("MOVD $%s<>(SB), %v", c.name, p)
	a.load(p, c.in)
}

// value is where a constant lies.
func (c *constants) value(v float64) element { return c.integer(bits(v)) }

func (c *constants) integer(b uint32) element {
	i := slices.Index(c.bits, b)
	return element{c.in[i/4], i % 4}
}

// bits is a value as it lies in memory.
func bits(v float64) uint32 { return math.Float32bits(float32(v)) }
