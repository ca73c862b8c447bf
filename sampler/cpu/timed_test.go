package cpu_test

import (
	"testing"

	"github.com/roentgo/roentgo/sampler/model/modeltest"
)

func TestTimed(t *testing.T) { modeltest.RunTimed(t, open(2)) }
