package sampler

import (
	"errors"
	"fmt"
	"math"
)

// ErrNotFinite is wrapped by the error of a run whose values overflowed: NaN and
// infinities are never made an image.
var ErrNotFinite = errors.New("sampler: not finite")

// finite checks what a device has computed. The error says where.
func finite(values []float32, where string, args ...any) error {
	for _, v := range values {
		if math.Float32bits(v)&0x7f800000 == 0x7f800000 { // an exponent of all ones
			return fmt.Errorf("%w: %s gave %v (no image is made of it; the model's weights or the settings are beyond what 32-bit numbers hold: less guidance, another device or another model may help)",
				ErrNotFinite, fmt.Sprintf(where, args...), v)
		}
	}
	return nil
}
