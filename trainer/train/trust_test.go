//go:build libtorch

package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// furthest is the largest difference of two runs' parameters, as a part of the
// largest value.
func furthest(t *testing.T, a, b string) float64 {
	t.Helper()
	x, err := runs.OpenTrained(a)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	y, err := weights.OpenPlain(filepath.Join(b, runs.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	worst, most := 0.0, 0.0
	for _, name := range y.Names() {
		bare, ok := strings.CutPrefix(name, "average/")
		if !ok {
			continue
		}
		u, err := x.Float32(bare)
		if err != nil {
			t.Fatal(err)
		}
		v, err := y.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range u {
			worst, most = max(worst, math.Abs(float64(u[i]-v[i]))), max(most, math.Abs(float64(u[i])))
		}
	}
	return worst / most
}

// TestSavingMemory trains with each of the switches that save memory: they
// change nothing but the order of some sums.
func TestSavingMemory(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	dir := t.TempDir()
	const steps = 3
	runs := map[string]func(c *train.Common){
		"plain":         func(*train.Common) {},
		"checkpointing": func(c *train.Common) { c.Checkpointing = true },
		"query blocks":  func(c *train.Common) { c.QueryBlock = 7 },
		"all":           func(c *train.Common) { c.Checkpointing, c.QueryBlock = true, 16 },
	}
	for _, name := range []string{"plain", "checkpointing", "query blocks", "all"} {
		// Adam's first steps follow the sign of a gradient: at a small rate, one
		// that rounding turns does not go far.
		c := common(filepath.Join(dir, "vae "+name), steps)
		c.Rate = 1e-5
		runs[name](&c)
		if err := trainVAE(t, t.Context(), data, c); err != nil {
			t.Fatal(err)
		}
		c.Run = filepath.Join(dir, "unet "+name)
		if err := trainDiffusion(t, t.Context(), data, filepath.Join(dir, "vae plain"), schedule.ZeroTerminal(), c); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"vae ", "unet "} {
			d := furthest(t, filepath.Join(dir, kind+"plain"), filepath.Join(dir, kind+name))
			t.Logf("%s%s: %.2g", kind, name, d)
			if d > 1e-5 {
				t.Errorf("%s%s: parameters are off by %.2g of the largest", kind, name, d)
			}
			a, b := losses(t, filepath.Join(dir, kind+"plain"), "gradient_norm"), losses(t, filepath.Join(dir, kind+name), "gradient_norm")
			for i := range a {
				// The first gradients differ by rounding alone. Later ones also by what
				// Adam makes of it, where a gradient near zero changes its sign.
				most := 1e-4
				if i > 0 {
					most = 1e-2
				}
				if math.Abs(a[i]-b[i]) > most*a[i] {
					t.Errorf("%s%s: step %d has a gradient of norm %g, not %g", kind, name, i, b[i], a[i])
				}
			}
		}
	}
}

// TestKeepsBestAndLast checks which states of a run are kept.
func TestKeepsBestAndLast(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	c := common(filepath.Join(t.TempDir(), "vae"), 8)
	c.Keep, c.CheckpointEvery, c.EvaluateEvery, c.DecayShape = 3, 1e-9, 2, train.DecayLinear
	if err := trainVAE(t, t.Context(), data, c); err != nil {
		t.Fatal(err)
	}
	var steps []int
	list, err := filepath.Glob(filepath.Join(c.Run, "checkpoint*.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range list {
		r, err := runs.OpenTrained(path)
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, r.Step)
		r.Close()
	}
	if fmt.Sprint(steps) != "[6 7 8]" {
		t.Errorf("kept are the steps %v", steps)
	}
	best, err := runs.OpenTrained(filepath.Join(c.Run, runs.BestFile))
	if err != nil {
		t.Fatal(err)
	}
	defer best.Close()
	ssim, at := math.Inf(-1), 0
	for i, v := range losses(t, c.Run, "test_ssim") {
		if v > ssim {
			ssim, at = v, 2*(i+1)
		}
	}
	if best.Step != at {
		t.Errorf("the best was step %d, kept is %d", at, best.Step)
	}
	// Without its last checkpoint a run does not begin again unasked.
	if err := os.Remove(filepath.Join(c.Run, runs.CheckpointFile)); err != nil {
		t.Fatal(err)
	}
	if err := trainVAE(t, t.Context(), data, c); !errors.Is(err, runs.ErrCheckpoint) || !strings.Contains(err.Error(), "checkpoint-00000007") {
		t.Error(err)
	}
}

// TestDiverged has weights that are not numbers: every step is skipped.
func TestDiverged(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	c := common(filepath.Join(t.TempDir(), "vae"), 200)
	var said bytes.Buffer
	err := train.VAE(t.Context(), data, train.VAEOptions{Common: c, Model: model.Tiny(), Init: nowhere{}}, &said)
	if !errors.Is(err, train.ErrDiverged) || !strings.Contains(said.String(), "step 1 skipped") {
		t.Errorf("%v, %q", err, said.String())
	}
	if n := len(losses(t, c.Run, "skipped")); n != 50 {
		t.Errorf("%d steps were skipped, of 50", n)
	}
}

// nowhere gives every parameter as not a number.
type nowhere struct{}

func (nowhere) Has(name string) bool { return name == "vae.decoder.conv_out.bias" }
func (nowhere) Float32(string) ([]float32, error) {
	v := make([]float32, 4)
	v[0] = float32(math.NaN())
	return v, nil
}

// fullRun is the run that a program of TestFullDisk goes on with, and the folder of what it trains on.
const fullRun, fullData = "ROENTGO_TEST_FULL_RUN", "ROENTGO_TEST_FULL_DATA"

// trainOnFullDisk goes on with a run where no file may be as large as its checkpoint. It
// is a program of its own, since the limit is one for everything that a program
// writes, the log of the tests too.
func trainOnFullDisk() error {
	run := os.Getenv(fullRun)
	st, err := os.Stat(filepath.Join(run, runs.CheckpointFile))
	if err != nil {
		return err
	}
	data, err := dataset.Open(os.Getenv(fullData))
	if err != nil {
		return err
	}
	defer data.Close()
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = uint64(st.Size()) - 1
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	return train.VAE(context.Background(), data, vaeOptions(common(run, 4)), io.Discard)
}

// TestFullDisk stops a run whose checkpoint cannot be written, with the one
// before it as it was.
func TestFullDisk(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	c := common(filepath.Join(t.TempDir(), "vae"), 2)
	if err := trainVAE(t, t.Context(), data, c); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(c.Run, runs.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fullData+"="+data.Dir, fullRun+"="+c.Run)
	if said, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(said), syscall.EFBIG.Error()) {
		t.Errorf("a checkpoint larger than any file may be: %v, %q", err, said)
	}
	after, err := os.ReadFile(filepath.Join(c.Run, runs.CheckpointFile))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the checkpoint before it has changed: %v", err)
	}
	entries, err := os.ReadDir(c.Run)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".part") || strings.Contains(e.Name(), "tmp") {
			t.Errorf("not cleaned up: %s", e.Name())
		}
	}
	c.Steps = 4
	if err := trainVAE(t, t.Context(), data, c); err != nil { // there is room again
		t.Error(err)
	}
}

// Where the program that TestKilled kills finds what to train, and in which
// folder.
const killedData, killedRun = "ROENTGO_TEST_KILLED_DATA", "ROENTGO_TEST_KILLED_RUN"

const killedSteps = 400

// trainToBeKilled is the program that TestKilled kills.
func trainToBeKilled() error {
	data, err := dataset.Open(os.Getenv(killedData))
	if err != nil {
		return err
	}
	c := common(os.Getenv(killedRun), killedSteps)
	c.Batch, c.CheckpointEvery, c.Keep = 1, 1e-9, 2
	m := model.Tiny()
	m.EncoderAttention, m.DecoderAttention = []bool{false, false, false}, false
	return train.VAE(context.Background(), data, train.VAEOptions{Common: c, Model: m, TestImages: 1}, io.Discard)
}

// TestKilled kills a training at 100 random moments: each time the checkpoint
// is whole and no older than the one before, and in the end the weights are
// those of an unbroken run.
func TestKilled(t *testing.T) {
	data := prepared(t, 9)
	dir := t.TempDir()
	start := func(run string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), killedData+"="+data.Dir, killedRun+"="+filepath.Join(dir, run))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	// A kill before the first step proves little, and how long that takes differs.
	began := time.Now()
	whole := start("whole")
	need.Until(t, "the first step", func() bool {
		log, err := os.ReadFile(filepath.Join(dir, "whole", runs.LogFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return bytes.Contains(log, []byte("\n"))
	})
	first := time.Since(began)
	if err := whole.Wait(); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	step, finished := 0, 0
	for kill := range 100 {
		cmd := start("killed")
		time.Sleep(time.Duration((0.3 + 1.4*random.Float64()) * float64(first)))
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if cmd.Wait() == nil {
			finished++
		}
		r, err := runs.OpenTrained(filepath.Join(dir, "killed"))
		if errors.Is(err, fs.ErrNotExist) && step == 0 {
			continue
		}
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		if r.Step < step {
			t.Fatalf("kill %d: from step %d back to %d", kill, step, r.Step)
		}
		step = r.Step
		r.Close()
	}
	t.Logf("the first step after %v; 100 kills, the last at step %d of %d; %d came after the end", first, step, killedSteps, finished)
	if step < 10 {
		t.Errorf("only %d steps were taken", step)
	}
	if err := start("killed").Wait(); err != nil {
		t.Fatal(err)
	}
	equalRuns(t, filepath.Join(dir, "whole"), filepath.Join(dir, "killed"))
}

// TestAutoencoderLosses trains with each loss that is off by default: all but
// the discriminator's game go down, and a run with a discriminator resumes
// exactly.
func TestAutoencoderLosses(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	python := need.Python(t, "torch")
	data := prepared(t, 9)
	dir := t.TempDir()
	script := filepath.Join(dir, "distance.pt")
	if out, err := exec.CommandContext(t.Context(), python, "-c", `import sys,torch
class D(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.c = torch.nn.Conv2d(1, 8, 5, 2)
    def forward(self, x, y):
        return (self.c(x) - self.c(y)).abs().mean((1, 2, 3))
torch.manual_seed(1)
torch.jit.trace(D(), (torch.zeros(2, 1, 64, 64), torch.zeros(2, 1, 64, 64))).save(sys.argv[1])`, script).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(name string, steps, stop int) error {
		c := common(filepath.Join(dir, name), steps)
		c.CheckpointEvery = 1e-9
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var progress io.Writer = io.Discard
		if stop > 0 {
			c.EvaluateEvery = stop
			progress = cancelling{cancel}
		}
		return train.VAE(ctx, data, train.VAEOptions{Common: c, Model: model.Tiny(), KL: 1e-5, SSIM: 0.1, Reconstruction: train.ReconstructionL2,
			Perceptual: script, PerceptualWeight: 0.5, Adversarial: 0.01, AdversarialFrom: 5}, progress)
	}
	if err := run("whole", 60, 0); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"l2", "perceptual"} {
		if l := losses(t, filepath.Join(dir, "whole"), name); len(l) != 60 || mean(l[50:]) > 0.5*l[0] {
			t.Errorf("%s went from %g to %g in %d steps", name, l[0], mean(l[50:]), len(l))
		}
	}
	d := losses(t, filepath.Join(dir, "whole"), "discriminator")
	if len(d) != 55 || d[0] == d[54] {
		t.Errorf("the discriminator took %d steps, from %g on", len(d), d[0])
	}
	if err := run("cut", 60, 20); !errors.Is(err, runs.ErrStopped) {
		t.Fatal(err)
	}
	if err := run("cut", 60, 0); err != nil {
		t.Fatal(err)
	}
	equalRuns(t, filepath.Join(dir, "whole"), filepath.Join(dir, "cut"))
	if err := train.VAE(t.Context(), data, train.VAEOptions{Common: common(filepath.Join(dir, "x"), 1), Model: model.Tiny(), Perceptual: filepath.Join(dir, "absent.pt")}, io.Discard); err == nil {
		t.Error("a perceptual network that is not there")
	}
}

// cancelling cancels at the first evaluation that it sees.
type cancelling struct{ cancel func() }

func (c cancelling) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("test_ssim")) {
		c.cancel()
	}
	return len(b), nil
}
