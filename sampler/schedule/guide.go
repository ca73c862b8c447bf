package schedule

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Interval is the timesteps at which guidance is applied, both ends included
// (Kynkäänniemi et al. 2024, who bound the noise level, of which a timestep is
// the number). Outside of it the network is asked once, for the text alone.
// High 0 is the last timestep, so that the zero value is all of them.
type Interval struct {
	Low  int `json:"low,omitempty"`
	High int `json:"high,omitempty"`
}

// Has reports whether guidance is applied at timestep t.
func (v Interval) Has(t int) bool { return t >= v.Low && (v.High == 0 || t <= v.High) }

// ParseInterval reads what String writes: LOW-HIGH, LOW- to the last timestep,
// or all.
func ParseInterval(text string) (v Interval, err error) {
	if text == "all" {
		return v, nil
	}
	low, high, cut := strings.Cut(text, "-")
	if v.Low, err = timestep(low); err == nil && high != "" {
		v.High, err = timestep(high)
	}
	if err != nil || !cut || v.High < 1 && high != "" {
		return v, fmt.Errorf("%q: timesteps such as 200-799 or 200- are needed, or all", text)
	}
	return v, nil
}

// timestep reads a decimal number without a sign.
func timestep(text string) (int, error) {
	t, err := strconv.ParseUint(text, 10, 31)
	return int(t), err
}

func (v Interval) String() string {
	switch {
	case v == Interval{}:
		return "all"
	case v.High == 0:
		return fmt.Sprintf("%d-", v.Low)
	}
	return fmt.Sprintf("%d-%d", v.Low, v.High)
}

// ValidateInterval checks that an interval lies within the schedule.
func (s *Schedule) ValidateInterval(v Interval) error {
	last := s.TrainTimesteps - 1
	high := v.High
	if high == 0 {
		high = last
	}
	if v.Low < 0 || v.Low > high || high > last {
		return fmt.Errorf("%w: the guidance interval from timestep %d to %d does not rise within 0 to %d", ErrConfig, v.Low, high, last)
	}
	return nil
}

// Guide writes classifier-free guidance (Ho and Salimans 2022) to dst:
// null + scale·(text − null), brought back towards the deviation of text by
// the part rescale (Lin et al. 2023, equations 15 and 16). dst may be any of
// the operands.
func Guide(dst, null, text []float32, scale, rescale float64) {
	var sumText, sumSqText, sum, sumSq float64
	for i := range dst {
		t, n := float64(text[i]), float64(null[i])
		g := n + scale*(t-n)
		dst[i] = float32(g)
		sumText += t
		sumSqText += t * t
		sum += g
		sumSq += g * g
	}
	if rescale == 0 {
		return
	}
	n := float64(len(dst))
	variance := sumSq/n - sum/n*(sum/n)
	if variance <= 0 {
		return
	}
	ratio := math.Sqrt(max(sumSqText/n-sumText/n*(sumText/n), 0) / variance)
	factor := float32(rescale*ratio + 1 - rescale)
	for i := range dst {
		dst[i] *= factor
	}
}
