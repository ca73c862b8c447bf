//go:build libtorch

package train

import (
	"math"
	"testing"

	"github.com/roentgo/roentgo/trainer/dataset"
)

// labelled makes records: n of each label in each view.
func labelled(counts map[string][2]int) (records []dataset.Record, indices []int) {
	for label, n := range counts {
		for v, view := range []string{"PA", "AP"} {
			for range n[v] {
				indices = append(indices, len(records))
				records = append(records, dataset.Record{View: view, Labels: []string{label}})
			}
		}
	}
	return records, indices
}

func TestBalanced(t *testing.T) {
	records, indices := labelled(map[string][2]int{"No Finding": {400, 400}, "Edema": {10, 90}, "Hernia": {50, 50}})
	weights := balanced(records, indices)
	share, views := map[string]float64{}, map[string]float64{}
	var sum float64
	for k, i := range indices {
		share[records[i].Labels[0]] += weights[k]
		views[records[i].Labels[0]+records[i].View] += weights[k]
		sum += weights[k]
	}
	if math.Abs(sum-float64(len(indices))) > 1e-6 {
		t.Errorf("weights add up to %.3f, not to the %d images", sum, len(indices))
	}
	if before, after := 100/800.0, share["Edema"]/share["No Finding"]; !(after > 1.5*before) {
		t.Errorf("edema is shown %.3f as often as no finding; %.3f of the images are", after, before)
	}
	if before, after := 10/90.0, views["EdemaPA"]/views["EdemaAP"]; !(after > 2*before && after < 1) {
		t.Errorf("edema is shown %.3f as often PA as AP; %.3f of the images are", after, before)
	}
	if d := views["HerniaPA"] - views["HerniaAP"]; math.Abs(d) > 1e-9 {
		t.Errorf("hernias of both views differ by %g", d)
	}
}

func TestOrder(t *testing.T) {
	indices := []int{3, 5, 8, 13}
	weights := []float64{0.25, 0.25, 1.5, 2}
	o := newOrder(indices, weights, 7)
	seen := map[int]int{}
	const epochs = 400
	for i := range epochs * len(indices) {
		index, epoch := o.at(i)
		if epoch != i/len(indices) {
			t.Fatalf("sample %d is of epoch %d", i, epoch)
		}
		seen[index]++
	}
	for k, index := range indices {
		if got := float64(seen[index]) / epochs; math.Abs(got-weights[k]) > 0.06 {
			t.Errorf("image %d is shown %.3f times per epoch, want %.2f", index, got, weights[k])
		}
	}
	plain := newOrder(indices, nil, 7)
	seen = map[int]int{}
	for i := range 2 * len(indices) {
		index, _ := plain.at(i)
		seen[index]++
	}
	for _, index := range indices {
		if seen[index] != 2 {
			t.Errorf("without weights image %d is shown %d times in two epochs", index, seen[index])
		}
	}
	again, _ := newOrder(indices, weights, 7).at(9)
	if index, _ := o.at(9); index != again {
		t.Error("the same sample is another image")
	}
}

func TestTimesteps(t *testing.T) {
	const n, T = 100000, 1000
	var low, middle, high float64
	last := -1
	for i := range n {
		k := timestepAt((float64(i)+0.5)/n, T)
		if k < last || k < 0 || k >= T {
			t.Fatalf("timestep %d after %d", k, last)
		}
		last = k
		switch {
		case k >= 800:
			high++
		case k >= 450 && k < 750:
			middle++
		case k < 450:
			low++
		}
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"below 450", low / n, 0.7 * 450 / 800}, {"450 to 749", middle / n, 0.7*300/800 + 0.2}, {"800 and above", high / n, 0.1}} {
		if math.Abs(c.got-c.want) > 2e-3 {
			t.Errorf("%s: %.4f of the draws, want %.4f", c.name, c.got, c.want)
		}
	}
	if last != T-1 {
		t.Errorf("the largest timestep is %d", last)
	}
}
