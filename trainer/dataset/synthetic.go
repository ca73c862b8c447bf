package dataset

import (
	"fmt"
	"os"
	"slices"
)

// SyntheticSource is the source of images that a model made.
const SyntheticSource = "synthetic"

// SyntheticFile is the file name that the record of the image made for record i has.
func SyntheticFile(i int) string { return fmt.Sprintf("%s-%06d", SyntheticSource, i) }

// SyntheticOptions are those of [Synthetic].
type SyntheticOptions struct {
	Out      string   // the folder to make; it must not exist
	LeaveOut []string // sources whose images get no synthetic one, and are not copied
	Keep     bool     // also copy the training images themselves
	Licence  string   // of the synthetic images
}

// Synthetic writes a prepared folder like from in which draw has put an image in
// the place of each training image, or beside it. The record stays as it is, so that
// a classifier learns from what each image was asked to show; the images of the test
// part stay real. draw fills the size×size grey bytes of the image of record i.
func Synthetic(from *Prepared, o SyntheticOptions, draw func(i int, pixels []byte) error) (Summary, error) {
	if _, err := os.Stat(o.Out); err == nil {
		return Summary{}, fmt.Errorf("%w: %s exists already; remove it or choose another folder", ErrOptions, o.Out)
	}
	if o.Out == "" {
		return Summary{}, fmt.Errorf("%w: no folder to write to", ErrOptions)
	}
	return inPlace(o.Out, func(dir string) (Summary, error) {
		out, err := newStore(dir, Summary{Size: from.Size(), Fit: from.Summary.Fit, Seed: from.Summary.Seed, TestFraction: from.Summary.TestFraction, Rows: len(from.Records)})
		if err != nil {
			return Summary{}, err
		}
		defer out.close()
		pixels := make([]byte, from.Size()*from.Size())
		for i, r := range from.Records {
			if slices.Contains(o.LeaveOut, r.Source) {
				out.leaveOut(r.File, "source left out: "+r.Source)
				continue
			}
			if r.Split != Train || o.Keep {
				if err := from.grey(i, pixels); err != nil {
					return out.sum, err
				}
				if err := out.add(pixels, r); err != nil {
					return out.sum, err
				}
			}
			if r.Split != Train {
				continue
			}
			if err := draw(i, pixels); err != nil {
				return out.sum, err
			}
			r.Source, r.Licence, r.Stored = SyntheticSource, o.Licence, Stored{}
			r.File = SyntheticFile(i)
			if err := out.add(pixels, r); err != nil {
				return out.sum, err
			}
		}
		return out.sum, out.finish()
	})
}
