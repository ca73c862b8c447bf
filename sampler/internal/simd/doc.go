// Package simd runs a plan of package graph in a browser that has no GPU to
// use: in a WebAssembly module of its own, with SIMD128 instructions, which
// Go's WebAssembly does not have. It is there for GOOS=js alone.
//
// The module (folder kernels, C) has a memory beside that of Go, which holds
// the parameters and the arenas. Go writes the inputs, and for each stage a
// list of operations that was made when the program was compiled; a stage is
// then a few calls, between which the event loop of JavaScript goes round.
//
// The bytes of a result depend on neither the number of threads nor the batch
// nor a value's place in it: every value is one sum in one order.
package simd
