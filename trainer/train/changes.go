//go:build libtorch

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// note is what OptionsFile holds.
type note struct {
	Kind    string         `json:"kind"`
	Data    string         `json:"data,omitempty"` // the digest of the prepared folder
	Options map[string]any `json:"options"`
	Machine map[string]any `json:"machine"`
}

// mayChange are the options that a run may go on with others of: how long it
// is, and how a step is computed. The networks' own are held to the checkpoint.
var mayChange = []string{"steps", "precision", "checkpointing", "query_block", "model", "schedule"}

// optionsOf is a struct of options as OptionsFile holds it.
func optionsOf(options any) (map[string]any, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	return m, json.Unmarshal(text, &m)
}

// readNote reads the options of an earlier part of a run; nil where there is
// none.
func readNote(dir string) (*note, error) {
	text, err := os.ReadFile(filepath.Join(dir, OptionsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var n note
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s cannot be read: %w (remove it to go on without comparing the options)", ErrCheckpoint, filepath.Join(dir, OptionsFile), err)
	}
	return &n, nil
}

// changes lists in what a run would go on otherwise than before. Options that
// an earlier version did not note are left out.
func (n note) changes(before note) []string {
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

// refuseChanges is the error of a run that would go on otherwise.
func refuseChanges(dir string, list []string) error {
	return fmt.Errorf("%w: %s began otherwise: %s (give what it began with, choose another --run folder, or give --allow-changes)", ErrOptions, dir, strings.Join(list, "; "))
}
