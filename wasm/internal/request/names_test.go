package request_test

import (
	"os"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/schedule"
)

// TestNames checks that the types of the library and the page know every sampler
// and every spacing.
func TestNames(t *testing.T) {
	names := append(schedule.Samplers(), schedule.Study().Spacings()...)
	for _, path := range []string{"../../roentgo.d.ts", "../../../site/app/form.js"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.Contains(string(text), `"`+name+`"`) {
				t.Errorf("%s does not name %q", path, name)
			}
		}
	}
}
