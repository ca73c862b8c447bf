package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/roentgo/roentgo/weights"
	shipped "github.com/roentgo/roentgo/weights/default"
	"github.com/roentgo/roentgo/weights/fast"
)

// modelVariable names the environment variable that holds model files, as a
// list of paths.
const modelVariable = "ROENTGO_MODEL"

// modelFlags choose a model: files, or one of the two in this program.
type modelFlags struct {
	files []string
	fast  bool
}

// fastHelp says what --fast is.
const fastHelp = "the program's second model, which needs 4 passes in place of 28: images in a third of the time, with less detail"

func (f *modelFlags) add(l *pflag.FlagSet) {
	l.StringArrayVar(&f.files, "model", nil, "model file; once per file where several complete each other (default: $"+modelVariable+", else the model of this program)")
	l.BoolVar(&f.fast, "fast", false, fastHelp)
}

// errTwoModels is a choice of two.
var errTwoModels = errors.New("--fast and a model file exclude each other: --fast is a model of this program")

// paths are the files to open; none stands for a model of this program.
func (f *modelFlags) paths() []string {
	if len(f.files) > 0 || f.fast {
		return f.files
	}
	return filepath.SplitList(os.Getenv(modelVariable))
}

// open opens the files given, those of the environment, or a model of this
// program.
func (f *modelFlags) open() (*weights.Model, error) {
	paths := f.paths()
	switch {
	case f.fast && len(paths) > 0:
		return nil, misuse{errTwoModels}
	case f.fast:
		return fast.Open()
	case len(paths) == 0:
		return shipped.Open()
	}
	return weights.Open(paths...)
}

// manifest reads that beside the model file, or that of a model of this program;
// nil where there is none.
func (f *modelFlags) manifest() (*weights.Manifest, error) {
	paths := f.paths()
	switch {
	case f.fast:
		return weights.ParseManifest(fast.Manifest)
	case len(paths) == 0:
		return weights.ParseManifest(shipped.Manifest)
	}
	return weights.ReadManifest(paths[0])
}

// called is what an image's file calls the model.
func (f *modelFlags) called() (string, error) {
	if paths := f.paths(); len(paths) > 0 {
		return strings.SplitN(filepath.Base(paths[0]), ".", 2)[0], nil
	}
	m, err := f.manifest()
	if err != nil {
		return "", err
	}
	return m.Name, nil
}

// choose chooses the fast model where no other is named and it has that hash.
func (f *modelFlags) choose(hash string) error {
	m, err := weights.ParseManifest(fast.Manifest)
	if err == nil && len(f.paths()) == 0 && m.ModelHash == hash {
		f.fast = true
	}
	return err
}

// hashesInside are those of the models of this program.
func hashesInside() ([]string, error) {
	var list []string
	for _, text := range [][]byte{shipped.Manifest, fast.Manifest} {
		m, err := weights.ParseManifest(text)
		if err != nil {
			return nil, err
		}
		list = append(list, m.ModelHash)
	}
	return list, nil
}
