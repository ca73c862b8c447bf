package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/roentgo/roentgo/internal/decimal"
)

// shard is one of the equal parts into which the images of a command are cut,
// each made by a machine of its own. The zero value is all of them.
type shard struct {
	index, of int // index from 0; of 0: not cut
}

// whole reports whether nothing is cut.
func (s shard) whole() bool { return s.of == 0 }

// span returns which of n images, from 0, are the shard's: from ≤ k < to. The
// shards' spans cover all images, each once, and differ in length by one at
// most.
func (s shard) span(n int) (from, to int) {
	if s.whole() {
		return 0, n
	}
	at := func(part int) int { return int(int64(n) * int64(part) / int64(s.of)) } // int has 32 bits on some systems
	return at(s.index), at(s.index + 1)
}

func (s shard) String() string { return fmt.Sprintf("%d/%d", s.index, s.of) }

// maxShards bounds the parts of a command.
const maxShards = 100_000

// The variables in which a scheduler states the place of a task: those of a Slurm
// job array (sbatch --array), and that of a Kubernetes Job whose
// completionMode is Indexed.
const (
	slurmID      = "SLURM_ARRAY_TASK_ID"
	slurmFirst   = "SLURM_ARRAY_TASK_MIN"
	slurmCount   = "SLURM_ARRAY_TASK_COUNT"
	slurmStep    = "SLURM_ARRAY_TASK_STEP"
	kubernetesID = "JOB_COMPLETION_INDEX"
)

// parseShard reads a part as the command line gives it: "3/8", or "auto/8" with
// the index, or "auto" with both, from the variables of a scheduler.
func parseShard(text string, variable func(string) string) (shard, error) {
	index, of, cut := strings.Cut(text, "/")
	var s shard
	var err error
	if cut {
		if s.of, err = decimal.Int(of); err != nil || s.of < 1 || s.of > maxShards {
			return s, fmt.Errorf("%q: the parts are 1 to %d (such as 3/8 or auto/8)", text, maxShards)
		}
	}
	switch {
	case index == "auto":
		s, err = s.fromScheduler(variable)
	case !cut:
		err = errors.New("the number of parts is missing (such as 3/8, or auto in a Slurm job array)")
	default:
		if s.index, err = decimal.Int(index); err != nil {
			err = fmt.Errorf("%q is neither a whole number nor auto", index)
		}
	}
	if err != nil {
		return s, fmt.Errorf("%q: %w", text, err)
	}
	if s.index < 0 || s.index >= s.of {
		return s, fmt.Errorf("%q: part %d of %d; the parts count from 0 to %d", text, s.index, s.of, s.of-1)
	}
	return s, nil
}

// fromScheduler fills in the index and, where it is open, the number of parts.
func (s shard) fromScheduler(variable func(string) string) (shard, error) {
	number := func(name string, otherwise int) (int, error) {
		text := variable(name)
		if text == "" {
			return otherwise, nil
		}
		n, err := decimal.Int(text)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("$%s is %q, a whole number is needed", name, text)
		}
		return n, nil
	}
	slurm, kubernetes := variable(slurmID) != "", variable(kubernetesID) != ""
	var err error
	switch {
	case slurm && kubernetes:
		return s, fmt.Errorf("both $%s and $%s are set (say which part this is)", slurmID, kubernetesID)
	case kubernetes:
		if s.of == 0 {
			return s, fmt.Errorf("a Kubernetes Job does not state how many tasks there are; use auto/N with its .spec.completions")
		}
		s.index, err = number(kubernetesID, 0)
		return s, err
	case !slurm:
		return s, fmt.Errorf("neither $%s nor $%s is set: this is no task of a scheduler", slurmID, kubernetesID)
	}
	id, err := number(slurmID, 0)
	if err != nil {
		return s, err
	}
	first, err := number(slurmFirst, 0)
	if err != nil {
		return s, err
	}
	step, err := number(slurmStep, 1)
	if err != nil {
		return s, err
	}
	count, err := number(slurmCount, 0)
	if err != nil {
		return s, err
	}
	if s.of == 0 {
		switch s.of = count; {
		case s.of == 0:
			return s, fmt.Errorf("$%s is not set; use auto/N", slurmCount)
		case s.of > maxShards:
			return s, fmt.Errorf("$%s is %d; at most %d parts are possible", slurmCount, s.of, maxShards)
		}
	} else if count > 0 && count != s.of {
		return s, fmt.Errorf("the job array has %d tasks", count)
	}
	if id < first || step < 1 || (id-first)%step != 0 {
		return s, fmt.Errorf("task %d is none of an array from %d on in steps of %d", id, first, step)
	}
	s.index = (id - first) / step
	return s, nil
}
