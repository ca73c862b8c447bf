package metric_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/trainer/metric"
)

// uniform, points and picture make the arrays of testdata/goldens.py.
func uniform(seed uint64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		seed = seed*6364136223846793005 + 1442695040888963407
		out[i] = float64(seed>>40) / (1 << 24)
	}
	return out
}

func points(seed uint64, n, d int, shift, scale float64) [][]float64 {
	u := uniform(seed, n*d)
	out := make([][]float64, n)
	for i := range out {
		row := u[i*d : (i+1)*d]
		out[i] = make([]float64, d)
		for k := range row {
			out[i][k] = shift + scale*(row[k]-0.5+0.5*(row[(k+d-1)%d]-0.5))
		}
	}
	return out
}

func picture(seed uint64, side int, phase, noise float64) []float32 {
	u := uniform(seed, side*side)
	out := make([]float32, side*side)
	for i := range out {
		r, c := float64(i/side), float64(i%side)
		out[i] = float32(0.5*math.Sin(r/7+phase) + 0.3*math.Cos(c/5) + noise*(u[i]-0.5))
	}
	return out
}

type goldens struct {
	Pairs []struct {
		Phase, Noise, SSIM, PSNR, MSE float64
		MSSSIM                        float64 `json:"ms_ssim"`
	}
	Sets []struct {
		N, M, D        int
		Shift, Scale   float64
		Frechet        float64
		Torchmetrics   *float64           `json:"frechet_torchmetrics"`
		KIDEqual       float64            `json:"kid_equal"`
		KID            float64            `json:"kid"`
		Three          map[string]float64 `json:"prdc_3"`
		Five           map[string]float64 `json:"prdc_5"`
		InceptionScore float64            `json:"inception_score"`
	}
}

func readGoldens(t *testing.T) goldens {
	t.Helper()
	text, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldens
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Pairs) == 0 || len(g.Sets) == 0 {
		t.Fatal("goldens.json has nothing to compare with")
	}
	return g
}

// near fails where a value is off by more than tolerance of its size.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(math.Abs(want), 1e-3)) {
		t.Errorf("%s is %.10g, the reference has %.10g", what, got, want)
	}
}

// TestPairGoldens compares with scikit-image and, for MS-SSIM, scipy.
func TestPairGoldens(t *testing.T) {
	const side = 192
	for _, g := range readGoldens(t).Pairs {
		a, b := picture(1, side, 0, 0.2), picture(2, side, g.Phase, g.Noise)
		near(t, "SSIM", images.SSIM(a, b, side, side, 2), g.SSIM, 1e-6)
		near(t, "PSNR", images.PSNR(a, b, 2), g.PSNR, 1e-6)
		near(t, "MSE", images.MSE(a, b), g.MSE, 1e-6)
		near(t, "MS-SSIM", images.MSSSIM(a, b, side, 2), g.MSSSIM, 1e-6)
	}
}

// TestSetGoldens compares with scipy, torchmetrics, scikit-learn and prdc.
func TestSetGoldens(t *testing.T) {
	for _, g := range readGoldens(t).Sets {
		a, b := points(3, g.N, g.D, g.Shift, g.Scale), points(4, g.M, g.D, 0, 1)
		distance, err := metric.Frechet(a, b)
		if err != nil {
			t.Fatal(err)
		}
		// The reference adds to the covariances, which have no inverse where there
		// are fewer points than values.
		near(t, "Fréchet distance", distance, g.Frechet, 1e-4)
		if g.Torchmetrics != nil {
			near(t, "Fréchet distance of torchmetrics", distance, *g.Torchmetrics, 1e-5)
		}
		kid, err := metric.KID(a, b)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "KID", kid, g.KID, 1e-6)
		size := min(g.N, g.M)
		if kid, err = metric.KID(a[:size], b[:size]); err != nil {
			t.Fatal(err)
		}
		near(t, "KID of torchmetrics", kid, g.KIDEqual, 1e-3)
		for k, want := range map[int]map[string]float64{3: g.Three, 5: g.Five} {
			m, err := metric.NewManifold(a, b, k)
			if err != nil {
				t.Fatal(err)
			}
			for name, values := range map[string][]float64{"precision": m.Precision, "recall": m.Recall, "density": m.Density, "coverage": m.Coverage} {
				near(t, name, mean(values), want[name], 1e-9)
			}
		}
		for i := range a {
			for k := range a[i] {
				a[i][k] *= 4
			}
		}
		score, err := metric.InceptionScore(a)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "Inception Score", score, g.InceptionScore, 1e-5)
	}
}

func mean(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}
