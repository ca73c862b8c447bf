package model

// Spec is the name and shape of a parameter of a network.
type Spec struct {
	Name  string
	Shape []int
}
