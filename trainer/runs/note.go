package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
)

// Note is what OptionsFile holds.
type Note struct {
	Kind    string         `json:"kind"`
	Data    string         `json:"data,omitempty"` // the digest of the prepared folder
	Options map[string]any `json:"options"`
	Machine map[string]any `json:"machine"`
}

// mayChange are the options that may differ when a run is resumed: how long it
// is, and how a step is computed. Those of the networks are compared with the checkpoint.
var mayChange = []string{"steps", "precision", "checkpointing", "query_block", "model", "schedule"}

// NewNote is the note of a run of a kind with a struct of options, on data of that
// digest, on a machine.
func NewNote(kind, data string, options any, machine map[string]any) (Note, error) {
	n := Note{Kind: kind, Data: data, Options: map[string]any{}, Machine: machine}
	text, err := json.Marshal(options)
	if err == nil {
		err = json.Unmarshal(text, &n.Options)
	}
	return n, err
}

// readNote reads the options of an earlier part of a run; nil where there is
// none.
func readNote(dir string) (*Note, error) {
	text, err := regular.Read(filepath.Join(dir, OptionsFile), regular.MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var n Note
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s cannot be read: %w (remove it to resume without comparing the options)", ErrCheckpoint, filepath.Join(dir, OptionsFile), err)
	}
	return &n, nil
}

// changes lists what differs from the start of a run. Options that
// an earlier version did not note are left out.
func (n Note) changes(before Note) []string {
	var list []string
	if before.Data != "" && n.Data != before.Data {
		list = append(list, fmt.Sprintf("the data are %s, were %s", shortDigest(n.Data), shortDigest(before.Data)))
	}
	for _, name := range slices.Sorted(maps.Keys(n.Options)) {
		was, noted := before.Options[name]
		if now := n.Options[name]; noted && !slices.Contains(mayChange, name) && !reflect.DeepEqual(now, was) {
			list = append(list, fmt.Sprintf("%s is %v, was %v", name, now, was))
		}
	}
	return list
}

func shortDigest(digest string) string { return digest[:min(12, len(digest))] }

// Check compares the options with those of the last start of the run in dir. Other
// data or options are an error, unless they are allowed; then progress gets a line
// for each.
func (n Note) Check(dir string, allow bool, progress io.Writer) error {
	before, err := readNote(dir)
	if err != nil || before == nil {
		return err
	}
	list := n.changes(*before)
	if len(list) > 0 && !allow {
		return fmt.Errorf("%w: %s began otherwise: %s (give what it began with, choose another --run folder, or give --allow-changes)", ErrOptions, dir, strings.Join(list, "; "))
	}
	for _, change := range list {
		fmt.Fprintf(progress, "%s: changed: %s\n", n.Kind, change)
	}
	return nil
}

// Write writes the note to the folder of a run.
func (n Note) Write(dir string) error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, OptionsFile), true, append(text, '\n'))
}
