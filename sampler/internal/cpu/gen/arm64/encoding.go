package main

import "fmt"

// Vector instructions that Go's assembler has no name for, encoded by the Arm
// Architecture Reference Manual for A-profile, ARM DDI 0487, section C7.2: the
// fixed bits of each, to which the numbers of the registers are added. d is the
// destination, as the manual has it.

func (a *assembler) word(w uint32, text string, args ...any) {
	a.op("WORD $%#08x // %s", w, fmt.Sprintf(text, args...))
}

// three encodes "Advanced SIMD three same": Rm in bits 16 to 20, Rn in 5 to 9,
// Rd in 0 to 4.
func (a *assembler) three(w uint32, name, shape string, d, n, m vector) {
	a.word(w|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s V%d.%[3]s, V%[4]d.%[3]s, V%[5]d.%[3]s", name, int(d), shape, int(n), int(m))
}

func (a *assembler) fadd(d, n, m vector) { a.three(0x4e20d400, "FADD", "4S", d, n, m) }
func (a *assembler) fsub(d, n, m vector) { a.three(0x4ea0d400, "FSUB", "4S", d, n, m) }
func (a *assembler) fmul(d, n, m vector) { a.three(0x6e20dc00, "FMUL", "4S", d, n, m) }
func (a *assembler) fdiv(d, n, m vector) { a.three(0x6e20fc00, "FDIV", "4S", d, n, m) }

// What is not a number stays so in the larger and the smaller of two.
func (a *assembler) fmax(d, n, m vector) { a.three(0x4e20f400, "FMAX", "4S", d, n, m) }
func (a *assembler) fmin(d, n, m vector) { a.three(0x4ea0f400, "FMIN", "4S", d, n, m) }

// fcmge sets the bits of d where n ≥ m: not where one is not a number.
func (a *assembler) fcmge(d, n, m vector) { a.three(0x6e20e400, "FCMGE", "4S", d, n, m) }

// bic clears in d the bits of n that m has.
func (a *assembler) bic(d, n, m vector) { a.three(0x4e601c00, "BIC", "16B", d, n, m) }

func (a *assembler) faddDouble(d, n, m vector) { a.three(0x4e60d400, "FADD", "2D", d, n, m) }

// two encodes "Advanced SIMD two-register miscellaneous" and "across lanes".
func (a *assembler) two(w uint32, name, to, from string, d, n vector) {
	a.word(w|uint32(n)<<5|uint32(d), "%s V%d.%s, V%d.%s", name, int(d), to, int(n), from)
}

func (a *assembler) fneg(d, n vector) { a.two(0x6ea0f800, "FNEG", "4S", "4S", d, n) }

// frintn rounds to the nearest integer, ties to even; fcvtns converts as well.
func (a *assembler) frintn(d, n vector) { a.two(0x4e218800, "FRINTN", "4S", "4S", d, n) }
func (a *assembler) fcvtns(d, n vector) { a.two(0x4e21a800, "FCVTNS", "4S", "4S", d, n) }

// fcvtl and fcvtl2 convert the lower and the upper two values to float64.
func (a *assembler) fcvtl(d, n vector)  { a.two(0x0e617800, "FCVTL", "2D", "2S", d, n) }
func (a *assembler) fcvtl2(d, n vector) { a.two(0x4e617800, "FCVTL2", "2D", "4S", d, n) }

// fmaxv sets d to the largest of four values, faddp to the sum of two float64.
func (a *assembler) fmaxv(d, n vector) {
	a.word(0x6e30f800|uint32(n)<<5|uint32(d), "FMAXV S%d, V%d.4S", int(d), int(n))
}
func (a *assembler) faddp(d, n vector) {
	a.word(0x7e70d800|uint32(n)<<5|uint32(d), "FADDP D%d, V%d.2D", int(d), int(n))
}

// indexed encodes "Advanced SIMD vector × indexed element": the element's
// vector in bits 16 to 20, its place in H, bit 11, and L, bit 21.
func (a *assembler) indexed(w uint32, name string, d, n vector, m element) {
	place := uint32(m.i>>1)<<11 | uint32(m.i&1)<<21
	a.word(w|place|uint32(m.vector)<<16|uint32(n)<<5|uint32(d), "%s V%d.4S, V%d.4S, V%d.S[%d]", name, int(d), int(n), int(m.vector), m.i)
}

// fmulBy sets d to n·m; fmlaBy adds n·m to d, and fmlsBy subtracts it, rounded
// once.
func (a *assembler) fmulBy(d, n vector, m element) { a.indexed(0x4f809000, "FMUL", d, n, m) }
func (a *assembler) fmlaBy(d, n vector, m element) { a.indexed(0x4f801000, "FMLA", d, n, m) }
func (a *assembler) fmlsBy(d, n vector, m element) { a.indexed(0x4f805000, "FMLS", d, n, m) }

// Those that Go's assembler has a name for, in the same order of operands.

// fmla adds n·m to d, rounded once.
func (a *assembler) fmla(d, n, m vector)       { a.op("VFMLA %s, %s, %s", m.S4(), n.S4(), d.S4()) }
func (a *assembler) fmlaDouble(d, n, m vector) { a.op("VFMLA %s, %s, %s", m.D2(), n.D2(), d.D2()) }

// add and shl are of integers.
func (a *assembler) add(d, n, m vector)      { a.op("VADD %s, %s, %s", m.S4(), n.S4(), d.S4()) }
func (a *assembler) shl(d, n vector, by int) { a.op("VSHL $%d, %s, %s", by, n.S4(), d.S4()) }
