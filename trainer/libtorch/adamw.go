//go:build libtorch

package libtorch

// #include "shim.h"
import "C"

import (
	"fmt"
	"math"
	"unsafe"
)

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019). Both
// moments and the step count can be saved and set.
type AdamW struct {
	Beta1, Beta2, Eps float64
	Steps             int // taken so far

	params     []*Param
	m, v       *Params
	decay      []C.double
	hp, hm, hv handles
}

// NewAdamW returns an optimizer of params with zero moments. Weight decay
// applies to what has two dimensions or more: weights, not biases or norms.
func NewAdamW(params []*Param, beta1, beta2, eps, weightDecay float64) *AdamW {
	a := &AdamW{Beta1: beta1, Beta2: beta2, Eps: eps, params: params, m: NewParams(), v: NewParams()}
	for _, p := range params {
		zero := make([]float32, p.tensor.Len())
		a.m.Add(p.Name, p.Shape, zero, false)
		a.v.Add(p.Name, p.Shape, zero, false)
		d := 0.0
		if len(p.Shape) > 1 {
			d = weightDecay
		}
		a.decay = append(a.decay, C.double(d))
	}
	a.hp, a.hm, a.hv = handlesOf(params), handlesOf(a.m.All()), handlesOf(a.v.All())
	return a
}

// Moments returns the first and second moments: one tensor per parameter, under
// the parameter's name.
func (a *AdamW) Moments() (m, v *Params) { return a.m, a.v }

// GradNorm is the L2 norm of all gradients together. It is not finite if one of
// them is not.
func (a *AdamW) GradNorm() float64 {
	n := float64(C.rt_grad_norm(a.hp.ptr(), C.int(len(a.hp))))
	check("gradient norm")
	return n
}

// Step moves the parameters by their gradients, divided by the scale of the
// loss and scaled so that their norm is at most clip where clip is positive,
// and drops the gradients. It returns the norm before clipping. If that is not
// finite, no parameter moves and ok is false.
func (a *AdamW) Step(lr, clip, lossScale float64) (norm float64, ok bool) {
	norm = a.GradNorm() / lossScale
	defer a.ZeroGrad()
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm, false
	}
	scale := 1 / lossScale
	if clip > 0 && norm > clip {
		scale *= clip / norm
	}
	a.Steps++
	C.rt_adamw(a.hp.ptr(), a.hm.ptr(), a.hv.ptr(), &a.decay[0], C.int(len(a.hp)), C.double(lr),
		C.double(a.Beta1), C.double(a.Beta2), C.double(a.Eps), C.int64_t(a.Steps), C.double(scale))
	check("adamw")
	return norm, true
}

// ZeroGrad drops all gradients.
func (a *AdamW) ZeroGrad() { C.rt_zero_grad(a.hp.ptr(), C.int(len(a.hp))) }

// Free frees the moments.
func (a *AdamW) Free() {
	a.m.Free()
	a.v.Free()
}

// EMA is an exponential moving average of parameters.
type EMA struct {
	Average *Params // one tensor per parameter, under the parameter's name
	ha, hp  handles
}

// NewEMA starts an average at the present values of params. Parameters that are
// not trainable are copied and never move.
func NewEMA(params *Params) *EMA {
	e := &EMA{Average: NewParams()}
	for _, p := range params.All() {
		e.Average.Add(p.Name, p.Shape, p.Values(), false)
		if p.Trainable {
			e.hp = append(e.hp, unsafe.Pointer(p.tensor.c))
			e.ha = append(e.ha, unsafe.Pointer(e.Average.Find(p.Name).tensor.c))
		}
	}
	return e
}

// Update moves the average by 1 − decay of the way to the parameters.
func (e *EMA) Update(decay float64) {
	if decay < 0 || decay > 1 {
		panic(failure{fmt.Errorf("libtorch: an EMA decay of %g is not in [0, 1]", decay)})
	}
	C.rt_ema(e.ha.ptr(), e.hp.ptr(), C.int(len(e.ha)), C.double(decay))
	check("ema")
}
