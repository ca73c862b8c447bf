package dataset

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/noise"
)

// splitDraw is a number in [0, 1) that depends on the seed and the patient
// alone, so that a patient stays where it is when others come or go.
func splitDraw(seed uint64, patient string) float64 {
	h := sha256.Sum256([]byte(patient))
	word := noise.Uint32(seed, uint32(h[0])<<8|uint32(h[1]), uint32(h[2])<<24|uint32(h[3])<<16|uint32(h[4])<<8|uint32(h[5]), noise.StreamTraining)
	return float64(word) / (1 << 32)
}

// splitPatients chooses the patients of the test part: those whose draw is
// below the fraction. Where that would leave a part empty, the patient whose
// draw comes nearest changes sides.
func splitPatients(patients []string, seed uint64, fraction float64) map[string]bool {
	patients = slices.Clone(patients)
	slices.SortFunc(patients, func(a, b string) int {
		return cmp.Or(cmp.Compare(splitDraw(seed, a), splitDraw(seed, b)), strings.Compare(a, b))
	})
	patients = slices.Compact(patients)
	test := map[string]bool{}
	for i, p := range patients {
		if i == 0 && len(patients) > 1 || i < len(patients)-1 && splitDraw(seed, p) < fraction {
			test[p] = true
		}
	}
	return test
}

// checkParts refuses a set of which a part is empty.
func (s Summary) checkParts() error {
	for _, part := range []string{Train, Test} {
		if n := map[string]int{Train: s.Train, Test: s.Test}[part]; n == 0 {
			return fmt.Errorf("%w: part %s would be empty: the %d images are of %d patients, and all of a patient are in one part (add images of other patients, or give the column patient_id)%s",
				ErrManifest, part, s.Images, s.Patients, s.because())
		}
	}
	return nil
}
