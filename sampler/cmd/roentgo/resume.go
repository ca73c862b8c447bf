package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// planned is an image that a command makes.
type planned struct {
	path  string
	row   sampler.Row
	index int // of its command's images
}

// wanted are the settings that the file of an image will hold.
func (f *sampleFlags) wanted(s *sampler.Sampler, common sampler.Settings, p planned) provenance.Settings {
	common.Prompt, common.Negative, common.Seed = p.row.Prompt, p.row.Negative, p.row.Seed
	return f.settings(s, common, p.index)
}

// missing returns which of the images are to be made: with --force all, else
// those that are not there. One that is there must be the image that would be
// made; so a command that was interrupted resumes when it is given again.
func (f *sampleFlags) missing(ctx context.Context, s *sampler.Sampler, common sampler.Settings, images []planned) ([]int, error) {
	var list []int
	for i, p := range images {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f.force {
			if err := checkOutput(p.path, true); err != nil {
				return nil, err
			}
			list = append(list, i)
			continue
		}
		switch same, err := madeAlready(p.path, f.wanted(s, common, p)); {
		case err != nil:
			return nil, err
		case !same:
			list = append(list, i)
		}
	}
	return list, nil
}

// madeAlready reports whether a file is there that is the image of those
// settings. Another file there is an error.
func madeAlready(path string, wanted provenance.Settings) (bool, error) {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	other := func(why string) error {
		return misuse{fmt.Errorf("%s exists already and is not the image that this command makes: %s (use --force to overwrite it, or another --out)", path, why)}
	}
	if !st.Mode().IsRegular() {
		return false, other("it is no file")
	}
	there, err := readSettings(path)
	if err != nil {
		return false, other(errors.Unwrap(err).Error())
	}
	if name := difference(there, wanted); name != "" {
		return false, other("its " + name + " differs")
	}
	return true, nil
}

// difference names a setting on which the pixels depend and in which two images
// differ; "" if there is none.
func difference(a, b provenance.Settings) string {
	for _, c := range []struct {
		name string
		same bool
	}{
		{"model", a.ModelHash == b.ModelHash}, {"prompt", a.Prompt == b.Prompt}, {"negative prompt", a.Negative == b.Negative}, {"seed", a.Seed == b.Seed},
		{"number of steps", a.Steps == b.Steps}, {"guidance", a.Guidance == b.Guidance}, {"rescaling", a.Rescale == b.Rescale}, {"sampler", a.Sampler == b.Sampler},
		{"spacing", a.Spacing == b.Spacing}, {"eta", a.Eta == b.Eta}, {"truncation", a.Truncate == b.Truncate},
		{"marking", a.Marks == b.Marks}, {"guidance interval", a.GuidanceLow == b.GuidanceLow && a.GuidanceHigh == b.GuidanceHigh},
	} {
		if !c.same {
			return c.name
		}
	}
	return ""
}

// folders makes a folder and those above it, and returns a function that
// removes those that were made, as far as they are empty.
func folders(dir string) (undo func(), err error) {
	var made []string
	for at := dir; ; at = parent(at) {
		if _, err := os.Stat(at); err == nil || at == parent(at) {
			break
		}
		made = append(made, at)
	}
	undo = func() {
		for _, at := range made {
			if os.Remove(at) != nil {
				return
			}
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		undo()
		return nil, fmt.Errorf("cannot make the folder %s: %w", dir, errors.Unwrap(err))
	}
	return undo, nil
}
