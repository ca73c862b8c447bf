package gpu_test

import (
	"testing"

	"github.com/roentgo/roentgo/internal/modeltest"
)

func TestTimed(t *testing.T) { modeltest.RunTimed(t, open(t)) }
