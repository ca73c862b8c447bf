package main

import (
	"fmt"
	"strings"
)

// general is a general-purpose register.
type general int

func (p general) String() string { return fmt.Sprintf("R%d", int(p)) }

func (a *assembler) general() general {
	p := a.generals[0]
	a.generals = a.generals[1:]
	return p
}

// vector is a register of four float32 or two float64.
type vector int

func (v vector) S4() string  { return fmt.Sprintf("V%d.S4", int(v)) }
func (v vector) D2() string  { return fmt.Sprintf("V%d.D2", int(v)) }
func (v vector) B16() string { return fmt.Sprintf("V%d.B16", int(v)) }

// F is its name as one number.
func (v vector) F() string { return fmt.Sprintf("F%d", int(v)) }

// vectors returns n registers, one after the other.
func (a *assembler) vectors(n int) []vector {
	list := make([]vector, n)
	for i := range list {
		if list[i] = vector(a.taken); list[i] > 31 {
			panic(a.name + ": more than 32 vectors")
		}
		a.taken++
	}
	return list
}

func (a *assembler) vector() vector { return a.vectors(1)[0] }

// scope gives the vectors free that f takes.
func (a *assembler) scope(f func()) {
	taken := a.taken
	f()
	a.taken = taken
}

// list is how a load or store names registers, which follow each other.
func list(v []vector, shape func(vector) string) string {
	var names []string
	for _, r := range v {
		names = append(names, shape(r))
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// element is one of the four values of a vector.
type element struct {
	vector
	i int
}

func (e element) String() string { return fmt.Sprintf("V%d.S[%d]", int(e.vector), e.i) }
