package graph

// Loop says how the output of a program leads back to its input: a sampler's
// batch of latents goes in once a condition, and comes out as predictions.
type Loop struct {
	Input, Output string // both (conditions·images, …)
	Images        int
	Conditions    int     // 1, or 2: those of the null condition follow
	Guidance      float64 // with two conditions: package schedule's Guide
	Rescale       float64
}

// Pending are vectors on their way from a device.
type Pending interface {
	// Wait writes them to dst, once, without waiting for what was queued
	// after them.
	Wait(dst [][]float32) error
	// Drop gives up those that were not waited for.
	Drop()
}

// Stepper is a Program whose device can take a sampler's steps itself, so that
// a step begins without waiting for the one before it to come to the host. The
// vectors and factors are those of package schedule's Step.
type Stepper interface {
	Program
	// Ahead is how many steps should be queued at a time.
	Ahead() int
	// Begin puts vectors in place, the first of which is the latents.
	Begin(l Loop, vectors [][]float32) error
	// Step queues what becomes of the vectors after a run of the latent stage.
	// Without noise, which may be nil, the step has none.
	Step(factors [][]float64, noise []float32) error
	// Vectors queues a copy of the vectors.
	Vectors() (Pending, error)
}
