package dataset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSynthetic(t *testing.T) {
	dir := t.TempDir()
	if _, err := Prepare(context.Background(), Options{Manifests: []string{makeManifest(t, 60)}, Out: filepath.Join(dir, "real"), Size: 16, Seed: 1, TestFraction: 0.2}); err != nil {
		t.Fatal(err)
	}
	real, err := Open(filepath.Join(dir, "real"))
	if err != nil {
		t.Fatal(err)
	}
	defer real.Close()
	bright := func(i int, pixels []byte) error {
		for j := range pixels {
			pixels[j] = byte(i)
		}
		return nil
	}
	for _, keep := range []bool{false, true} {
		out := filepath.Join(dir, map[bool]string{false: "alone", true: "both"}[keep])
		sum, err := Synthetic(real, SyntheticOptions{Out: out, Keep: keep, Licence: "CC0"}, bright)
		if err != nil {
			t.Fatal(err)
		}
		train := len(real.Split(Train))
		if keep {
			train *= 2
		}
		if sum.Test != len(real.Split(Test)) || sum.Train != train || sum.Sources[SyntheticSource] != len(real.Split(Train)) {
			t.Errorf("keep %t: %d training and %d test images, %d synthetic", keep, sum.Train, sum.Test, sum.Sources[SyntheticSource])
		}
		p, err := Open(out)
		if err != nil {
			t.Fatal(err)
		}
		a, b := make([]float32, 256), make([]float32, 256)
		n := 0 // of p
		for i, r := range real.Records {
			real.Image(i, a)
			if r.Split == Test || keep {
				if p.Image(n, b); !slices.Equal(a, b) || p.Records[n].Source != r.Source {
					t.Fatalf("keep %t: image %d is not image %d of the data", keep, n, i)
				}
				n++
			}
			if r.Split == Test {
				continue
			}
			made := p.Records[n]
			if p.Image(n, b); b[0] != float32(i)/127.5-1 || made.Source != SyntheticSource || made.Licence != "CC0" || made.View != r.View || made.Patient != r.Patient || !slices.Equal(made.Labels, r.Labels) {
				t.Fatalf("keep %t: image %d, of %+v, has the value %g", keep, n, made, b[0])
			}
			n++
		}
		p.Close()
	}
	if _, err := Synthetic(real, SyntheticOptions{Out: dir}, bright); !errors.Is(err, ErrOptions) {
		t.Errorf("over a folder: %v, want ErrOptions", err)
	}
	stop := errors.New("stop")
	out := filepath.Join(dir, "stopped")
	if _, err := Synthetic(real, SyntheticOptions{Out: out}, func(int, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v, want the error of draw", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a folder that is not whole was left")
	}
	if _, err := Synthetic(real, SyntheticOptions{Out: out, LeaveOut: []string{"made"}}, bright); err == nil {
		t.Error("without any image: no error")
	}
}
