package gpu

import (
	"fmt"
	"math"

	"github.com/roentgo/roentgo/shaders"
)

// fields are the values of a shader's Params, by name: an int, a float32, or for
// a vector or matrix an []int or a []float32.
type fields map[string]any

// words lays the fields out as the shader's source declares them. A field that
// is missing, unknown or of another type is an error: of this package, not of
// its caller.
func (f fields) words(s shaders.Source) ([]uint32, error) {
	declared, err := s.Params()
	if err != nil {
		return nil, err
	}
	var list []uint32
	for _, d := range declared {
		value, ok := f[d.Name]
		if !ok {
			return nil, fmt.Errorf("gpu: %s: the field %s of Params has no value", s.File, d.Name)
		}
		switch v := value.(type) {
		case int:
			ok = d.Words == 1 && !d.Float
			list = append(list, uint32(v))
		case float32:
			ok = d.Words == 1 && d.Float
			list = append(list, math.Float32bits(v))
		case []int:
			ok = d.Words == len(v) && !d.Float
			for _, n := range v {
				list = append(list, uint32(n))
			}
		case []float32:
			ok = d.Words == len(v) && d.Float
			for _, f := range v {
				list = append(list, math.Float32bits(f))
			}
		default:
			ok = false
		}
		if !ok {
			return nil, fmt.Errorf("gpu: %s: the field %s of Params cannot be %v (%T)", s.File, d.Name, value, value)
		}
	}
	if len(f) != len(declared) {
		return nil, fmt.Errorf("gpu: %s: %d values for the %d fields of Params: %v", s.File, len(f), len(declared), f)
	}
	return list, nil
}
