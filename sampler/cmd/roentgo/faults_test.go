//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/weights"
)

// faults lists what can go wrong while the program works, and what shows that
// nothing is lost or half written then: a function here, or tests elsewhere.
var faults = []struct {
	fault     string
	shows     func(t *testing.T)
	elsewhere []string // file:test, the files from here
}{
	{"lost GPU, in each stage; out of device memory", nil, []string{"../../lost_test.go:TestLostAtEveryStage", "../../denoise_test.go:TestLostAhead"}},
	{"no GPU, or no driver", nil, []string{"main_test.go:TestNoVulkan"}},
	{"full disk, of images", fullDisk, nil},
	{"full disk, of what is printed; nobody reads it", nil, []string{"anywhere_test.go:TestNobodyReads", "resume_test.go:TestClosedPipe"}},
	{"full disk, of checkpoints", nil, []string{"../../../trainer/train/trust_test.go:TestFullDisk"}},
	{"read-only folder", readOnly, nil},
	{"file systems without links, modes or syncing", nil, []string{"../../../internal/atomicfile/unix_test.go:TestPoorFileSystems"}},
	{"kill -9, of a batch", killedBatch, nil},
	{"kill -9, of a training", nil, []string{"../../../trainer/train/trust_test.go:TestKilled"}},
	{"kill -9, of an export", nil, []string{"../../../trainer/cmd/roentgo-train/killed_test.go:TestKilledExport"}},
	{"signals, at any point", nil, []string{"anywhere_test.go:TestSignalsAnywhere", "signals_test.go:TestSignalsWhereItWaits", "signals_test.go:TestSignalInTable", "signals_test.go:TestSecondSignal", "resume_test.go:TestSignals", "resume_test.go:TestInterruptedInput"}},
	{"a model file that changes or is cut while it is read", changedModel, nil},
	{"two processes on one folder", nil, []string{"signals_test.go:TestTwoProcesses", "files_test.go:TestTwoRuns"}},
	{"many images in a row", nil, []string{"main_test.go:TestMemoryIsFlat"}},
	{"values that are not numbers", nil, []string{"../../finite_test.go:TestNotFinite", "../../../trainer/train/trust_test.go:TestDiverged"}},
	{"the clock jumps", nil, []string{"clock_test.go:TestClockJumps"}},
}

func TestFaults(t *testing.T) {
	for _, f := range faults {
		if f.shows != nil {
			t.Run(f.fault, f.shows)
		}
		for _, place := range f.elsewhere {
			file, name, _ := strings.Cut(place, ":")
			if !bytes.Contains(read(t, filepath.FromSlash(file)), []byte("func "+name+"(")) {
				t.Errorf("%s: %s has no %s", f.fault, file, name)
			}
		}
	}
}

// mounted is a file system of its own, of so many bytes. Where the system refuses
// one, as to other users than root, the test is skipped.
func mounted(t *testing.T, bytes int) (dir string, again func(options string)) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("the system refuses to mount a file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, func(options string) {
		t.Helper()
		var flags uintptr = syscall.MS_REMOUNT
		if options == "ro" {
			flags, options = flags|syscall.MS_RDONLY, ""
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
			t.Fatal(err)
		}
	}
}

// whole checks that a folder of a batch holds whole images, a table of them and
// those others, and returns how many images.
func whole(t *testing.T, out string, others ...string) (images int) {
	t.Helper()
	entries, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasSuffix(name, ".png"):
			images++
			if _, err := readSettings(filepath.Join(out, name)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case name != "metadata.csv" && !slices.Contains(others, name):
			t.Errorf("%s is left", name)
		}
	}
	return images
}

// failsWith checks that a command line ends with status 1 and one line that says
// so.
func failsWith(t *testing.T, says string, args ...string) {
	t.Helper()
	status, _, stderr := roentgo(t, args...)
	said := regexp.MustCompile(`(?m)^roentgo: .*$`).FindAllString(stderr, -1)
	if status != 1 || len(said) != 1 || !strings.Contains(said[0], says) {
		t.Errorf("roentgo %q: status %d, %q; want 1 and a line with %q", args, status, stderr, says)
	}
}

// batchOf is the command line of a batch of n images into out.
func batchOf(t *testing.T, n int, out string) []string {
	t.Helper()
	prompts := write(t, filepath.Join(t.TempDir(), "prompts.csv"), "prompt\n"+strings.Repeat("effusion\n", n))
	return []string{"sample", "--device", "cpu", "--steps", "2", "--prompts", prompts, "--out", out}
}

// fullDisk fills a disk with a batch, and makes room again.
func fullDisk(t *testing.T) {
	t.Setenv(modelVariable, samplertest.Tiny(t))
	disk, again := mounted(t, 256<<10)
	out := filepath.Join(disk, "out")
	args := batchOf(t, 100, out)
	failsWith(t, "no space left", args...)
	if n := whole(t, out); n < 5 || n > 95 {
		t.Errorf("%d images were made", n)
	}
	for _, name := range []string{"x.png", "x.dcm"} {
		failsWith(t, "no space left", "sample", "--device", "cpu", "--steps", "1", "--out", filepath.Join(disk, name))
	}
	failsWith(t, "no space left", "sample", "--device", "cpu", "--steps", "1", "--trace", filepath.Join(disk, "trace"), "--out", filepath.Join(t.TempDir(), "x.png"))
	if list, err := os.ReadDir(disk); err != nil || len(list) != 1 {
		t.Errorf("the disk holds %v (%v)", list, err)
	}
	again("size=10485760")
	if status, _, stderr := roentgo(t, args...); status != 0 {
		t.Errorf("with room: status %d, %q", status, stderr)
	}
	if n := whole(t, out); n != 100 {
		t.Errorf("with room: %d images of 100", n)
	}
}

// readOnly writes to a file system that is read only, which binds root, too.
func readOnly(t *testing.T) {
	t.Setenv(modelVariable, samplertest.Tiny(t))
	disk, again := mounted(t, 1<<20)
	write(t, filepath.Join(disk, "old.png"), "old")
	again("ro")
	for _, args := range [][]string{
		{"--out", filepath.Join(disk, "x.png")}, {"--out", filepath.Join(disk, "x.dcm")}, {"--force", "--out", filepath.Join(disk, "old.png")},
		{"--seed", "1", "--count", "3", "--out", filepath.Join(disk, "x.png")}, {"--trace", filepath.Join(disk, "trace"), "--out", filepath.Join(t.TempDir(), "x.png")},
	} {
		failsWith(t, "read-only file system", append([]string{"sample", "--device", "cpu", "--steps", "1"}, args...)...)
	}
	failsWith(t, "read-only file system", batchOf(t, 3, filepath.Join(disk, "out"))...)
	if got := string(read(t, filepath.Join(disk, "old.png"))); got != "old" {
		t.Errorf("the old file is %q", got)
	}
}

// killedBatch kills a batch at many moments, until it is made: it is that of an
// unbroken run.
func killedBatch(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	args := batchOf(t, 60, filepath.Join(dir, "whole"))
	if status, _, stderr := roentgo(t, args...); status != 0 {
		t.Fatal(stderr)
	}
	out := filepath.Join(dir, "killed")
	args[len(args)-1] = out
	random := rand.New(rand.NewPCG(1, 2))
	for kill := range 15 {
		cmd, _ := program(t, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20+random.IntN(150)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		// A killed program cannot remove the file that it was writing, which has
		// not got its name.
		unfinished, _ := filepath.Glob(filepath.Join(out, ".roentgo-*"))
		if len(unfinished) > 2 {
			t.Errorf("kill %d: %v are left", kill, unfinished)
		}
		for _, path := range unfinished {
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}
		whole(t, out)
	}
	if status, _, stderr := roentgo(t, args...); status != 0 {
		t.Errorf("status %d, %q", status, stderr)
	}
	sameFiles(t, filepath.Join(dir, "whole"), out)
}

// changedModel cuts and overwrites a model file while a run reads it: the image is
// made of the whole file, or none is.
func changedModel(t *testing.T) {
	dir := t.TempDir()
	good := read(t, samplertest.Tiny(t))
	path := filepath.Join(dir, "model"+weights.Extension)
	want := ""
	random := rand.New(rand.NewPCG(3, 4))
	made := 0
	for try := range 16 {
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
		image := filepath.Join(dir, fmt.Sprintf("%d.png", try))
		cmd, stderr := program(t, "sample", "--device", "cpu", "--steps", "1", "--seed", "1", "--model", path, "--out", image, "effusion")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if try > 0 { // the first is the right one
			time.Sleep(time.Duration(random.IntN(80)) * time.Millisecond)
			var err error
			if try%2 == 0 {
				err = os.Truncate(path, int64(random.IntN(len(good))))
			} else {
				f, e := os.OpenFile(path, os.O_WRONLY, 0)
				if e != nil {
					t.Fatal(e)
				}
				_, err = f.WriteAt(make([]byte, 1000), int64(random.IntN(len(good)-1000)))
				err = errors.Join(err, f.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		cmd.Wait()
		status := cmd.ProcessState.ExitCode()
		if status == 0 {
			made++
			if got := string(read(t, image)); want == "" {
				want = got
			} else if got != want {
				t.Errorf("try %d: another image was made", try)
			}
			continue
		}
		if _, err := os.Stat(image); status != 1 || err == nil || strings.Count(stderr.String(), "\n") > 2 || strings.Contains(stderr.String(), "goroutine") {
			t.Errorf("try %d: status %d, %q, %v", try, status, stderr, err)
		}
	}
	t.Logf("%d of 16 were made", made)
}
