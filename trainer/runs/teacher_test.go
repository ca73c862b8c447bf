package runs_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// TestTeacherOfFiles opens a teacher that is a model in several files, and refuses
// what is no teacher.
func TestTeacherOfFiles(t *testing.T) {
	out := filepath.Join(t.TempDir(), "model"+weights.Extension)
	vocab := samplertest.Vocabulary(300)
	files, err := runs.Init(model.Tiny(), schedule.ZeroTerminal(), vocab, 1, runs.FileOptions{Out: out, For: runs.ForTraining, Kind: weights.F16,
		MaxPiece: 1 << 20, Sampling: runs.DefaultSampling(schedule.ZeroTerminal())})
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	teacher, err := runs.OpenTeacher(files, "")
	if err != nil {
		t.Fatal(err)
	}
	defer teacher.Close()
	if teacher.Encoder != nil || !slices.Equal(teacher.Vocab, vocab) || teacher.Schedule != schedule.ZeroTerminal() || !teacher.Model.HasText() {
		t.Errorf("the teacher has encoder %v, %d tokens, schedule %+v", teacher.Encoder, len(teacher.Vocab), teacher.Schedule)
	}
	if !teacher.Has("unet.conv_in.weight") || teacher.Has("unet.nothing") {
		t.Error("the teacher lacks a weight, or has one too many")
	}
	if v, err := teacher.Float32("unet.conv_in.weight"); err != nil || len(v) == 0 {
		t.Errorf("%d values, %v", len(v), err)
	}
	for name, c := range map[string]struct {
		paths []string
		want  error
	}{
		"a part":     {files[:1], weights.ErrMissing},
		"two runs":   {[]string{t.TempDir(), t.TempDir()}, runs.ErrOptions},
		"no run":     {[]string{t.TempDir()}, runs.ErrCheckpoint},
		"no encoder": {files, nil},
	} {
		text := ""
		if name == "no encoder" {
			text = t.TempDir()
		}
		if _, err := runs.OpenTeacher(c.paths, text); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
