package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// earlierFormat names the checkpoints before the last, by their step.
const (
	earlierFormat = "checkpoint-%08d.safetensors"
	earlierGlob   = "checkpoint-*.safetensors"
)

// Checkpoints are those in the folder of a run: the last, and some before it.
type Checkpoints struct {
	Dir  string
	Keep int // how many, the last counted; less than 1: 1
}

// Write writes state and tensors to a file of the folder.
func (c Checkpoints) Write(name string, s State, tensors []weights.Values) error {
	return weights.WritePlain(filepath.Join(c.Dir, name), s.Metadata(), tensors)
}

// Save writes the last checkpoint, and keeps some of those before it.
func (c Checkpoints) Save(s State, tensors []weights.Values) error {
	path := filepath.Join(c.Dir, CheckpointFile)
	if step, ok := stepOf(path); ok && c.Keep > 1 && step != s.Step {
		if err := keepAs(path, filepath.Join(c.Dir, fmt.Sprintf(earlierFormat, step))); err != nil {
			// The new one matters more.
			fmt.Fprintf(os.Stderr, "the checkpoint of step %d is not kept beside the new one: %v\n", step, err)
		}
	}
	if err := c.Write(CheckpointFile, s, tensors); err != nil {
		return err
	}
	earlier, err := c.earlier()
	if err != nil {
		return err
	}
	for len(earlier) > max(c.Keep, 1)-1 {
		if err := os.Remove(earlier[0]); err != nil {
			return err
		}
		earlier = earlier[1:]
	}
	return nil
}

// earlier lists the checkpoints before the last, the oldest first.
func (c Checkpoints) earlier() ([]string, error) {
	list, err := filepath.Glob(filepath.Join(c.Dir, earlierGlob))
	slices.Sort(list)
	return list, err
}

// keepAs gives a file a second name, so that the new file can replace the first
// in one operation. It copies the file if the file system has no hard links.
func keepAs(path, name string) error {
	if err := os.Link(path, name); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return atomicfile.Write(name, true, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// stepOf is the step of a checkpoint; false where it cannot be read.
func stepOf(path string) (int, bool) {
	t, err := OpenTrained(path)
	if err != nil {
		return 0, false
	}
	defer t.Close()
	return t.Step, true
}

// Open opens the last checkpoint and returns its tensors and state; without one the
// tensors are nil. It refuses one of another kind of training or other networks than
// those of now.
func (c Checkpoints) Open(now State) (*weights.Plain, State, error) {
	path := filepath.Join(c.Dir, CheckpointFile)
	f, err := weights.OpenPlain(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, State{}, c.refuseEarlier(path)
	}
	if err != nil {
		return nil, State{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	s, err := stateOf(f, path)
	if err == nil && (s.Kind != now.Kind || !sameModel(s.Kind, s.ModelJSON, now.ModelJSON) || s.ScheduleJSON != "" && s.ScheduleJSON != now.ScheduleJSON) {
		err = fmt.Errorf("%w: %s is of another kind of training or another configuration (choose another --run folder)", ErrCheckpoint, path)
	}
	if err != nil {
		f.Close()
		return nil, State{}, err
	}
	return f, s, nil
}

// refuseEarlier stops a run that would start over in the folder of an earlier one.
func (c Checkpoints) refuseEarlier(path string) error {
	earlier, err := c.earlier()
	if err != nil || len(earlier) == 0 {
		return err
	}
	return fmt.Errorf("%w: %s is missing; to resume from the one before it, rename %s to that", ErrCheckpoint, path, filepath.Base(earlier[len(earlier)-1]))
}

// sameModel reports whether two configurations, as JSON, shape the same
// networks of a kind of training. An autoencoder's run states the U-Net and the
// text encoder of its preset too, which may have changed since.
func sameModel(kind, a, b string) bool {
	if kind != "vae" {
		return a == b
	}
	var of [2]model.Config
	for i, text := range []string{a, b} {
		if json.Unmarshal([]byte(text), &of[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(of[0].Autoencoder(), of[1].Autoencoder())
}
