package runs

import "github.com/roentgo/roentgo/weights"

// Initial gives the values of a model file to a training.
type Initial struct {
	*weights.Model
}

// Has reports whether the file has the parameter.
func (i Initial) Has(name string) bool {
	_, ok := i.Info(name)
	return ok
}
