package site_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// module puts what a module of the page exports into a blank page, as a
// global of its name, with _ for a slash.
func module(t *testing.T, p *tab, name string) {
	t.Helper()
	path, err := filepath.Abs("app/" + name + ".js")
	if err != nil {
		t.Fatal(err)
	}
	r := api.Build(api.BuildOptions{EntryPoints: []string{path}, Bundle: true, Format: api.FormatIIFE, GlobalName: strings.ReplaceAll(name, "/", "_")})
	if len(r.Errors) > 0 {
		t.Fatal(r.Errors[0].Text)
	}
	p.Run(chromedp.Evaluate[chromedp.Void](string(r.OutputFiles[0].Contents)))
}

// TestCleanHoldsBounds throws random objects and fragments at what guards the
// form: whatever comes out is short text within its bounds, passes again
// unchanged, and survives the way through a link.
func TestCleanHoldsBounds(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "settings")
	module(t, p, "link")
	for round := range 3 {
		p.Must(fmt.Sprintf(`
			let state = %d;
			const random = n => { state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0; return (state >>> 0) %% n; };
			const of = list => list[random(list.length)];
			const text = n => Array.from({length: n}, () => String.fromCodePoint(random(4) ? 32 + random(95) : random(0xd800))).join("");
			const values = [
				() => undefined, () => null, () => true, () => false, () => NaN, () => Infinity, () => -0, () => random(2 ** 31) - 2 ** 30,
				() => "", () => "true", () => " 7 ", () => "0x10", () => "1e2", () => "1e999", () => "-1", () => "1_0", () => "٣", () => "18446744073709551615", () => "18446744073709551616",
				() => String(random(2000) / 10), () => text(random(40)), () => text(3000), () => "\u202e\u0000\ud800x", () => ({}), () => [], () => [5], () => ({toString() { return "7"; }}), () => 5n, () => Symbol("s"), () => "a".repeat(64),
			];
			const names = [...settings.NAMES, "__proto__", "constructor", "toString", "hasOwnProperty", "html", ""];
			const seedBound = 2n ** 64n;
			const number = (low, high, whole) => v => v.length <= 24 && Number(v) >= low && Number(v) <= high && (!whole || Number.isInteger(Number(v)));
			const bounds = {
				prompt: v => v.length <= 2000 && !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(v), negative: v => v.length <= 2000,
				seed: v => /^[0-9]{1,20}$/.test(v) && BigInt(v) < seedBound, count: number(1, 16, true), steps: number(1, 10000, true),
				guidance: number(1, 100), rescale: number(0, 1), eta: number(0, 1), guidanceLow: number(0, 9999, true), guidanceHigh: number(0, 9999, true), truncate: v => v === "true",
				sampler: v => /^[a-z0-9+_-]{1,24}$/i.test(v), spacing: v => /^[a-z0-9+_-]{1,24}$/i.test(v), modelHash: v => /^[0-9a-f]{64}$/.test(v),
			};
			for (let i = 0; i < 3000; i++) {
				const raw = JSON.parse("{}");
				for (let k = random(8); k > 0; k--) Object.defineProperty(raw, of(names), {value: of(values)(), enumerable: true, configurable: true, writable: true});
				const {settings: clean, refused} = settings.clean(raw);
				for (const [name, value] of Object.entries(clean)) {
					if (typeof value !== "string" || !bounds[name]?.(value)) throw new Error(name + " = " + String(value) + " passed");
				}
				if (!(refused >= 0)) throw new Error("refused: " + refused);
				const again = settings.clean(clean);
				if (again.refused || JSON.stringify(again.settings) !== JSON.stringify(clean)) throw new Error("not the same again: " + JSON.stringify(clean));
				const linked = link.settingsOf(new URL(link.linkOf(clean)).hash);
				const meant = Object.fromEntries(Object.entries(clean).filter(([, v]) => v !== ""));
				if (linked && JSON.stringify(linked.settings) !== JSON.stringify(meant)) throw new Error("by link: " + JSON.stringify([meant, linked]));
				link.settingsOf("#" + text(random(200)));
				link.settingsOf("#" + of(names) + "=%%" + text(3) + "&" + of(names) + "=" + text(20));
			}`, round+1), nil)
	}
}

// TestNumbersAreDecimal reads numbers as the command line does: 010 is ten.
func TestNumbersAreDecimal(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "settings")
	var got string
	p.Must(`const list = [];
		for (const text of ["010", " 7 ", "0x10", "1e1", "0b1", "-1", "NaN", "Infinity", "", " "]) {
			const {settings: s} = settings.clean({seed: text, steps: text, guidance: text});
			list.push([s.seed, s.steps, s.guidance].join("/"));
		}
		return list.join(" ");`, &got)
	if want := "10/10/10 7/7/7 // /10/10 // // // // // //"; got != want {
		t.Errorf("numbers came out as %q, want %q", got, want)
	}
}

// TestDrawnSeedsAreShort draws seeds: whole numbers of at most five digits.
func TestDrawnSeedsAreShort(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "settings")
	p.Must(`
		const seen = new Set();
		for (let i = 0; i < 1000; i++) {
			const s = settings.drawSeed();
			if (!/^[0-9]{1,5}$/.test(s) || String(Number(s)) !== s) throw new Error(s);
			seen.add(s);
		}
		if (seen.size < 900) throw new Error(seen.size + " different seeds of 1000");`, nil)
}

// TestSpelling finds the known word that a word with a typing error stands for.
func TestSpelling(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "spelling")
	for word, want := range map[string]string{
		"efusion": "effusion", "effsuion": "effusion", "plueral": "pleural", "cardiomegally": "cardiomegaly", "pneumothroax": "pneumothorax",
		"edemma": "edema", "giraffe": "", "lugn": "lung", "hte": "", "kardiomegaly": "cardiomegaly", "xxxxxxxxxxxx": "", "": "",
	} {
		got := is[string](p, fmt.Sprintf(`spelling.nearest(%q, ["a", "60-year-old", "cardiomegaly", "diffusion", "edema", "effusion", "lung", "lungs", "pleural", "pneumothorax", "the"]) ?? ""`, word))
		if got != want {
			t.Errorf("%q is taken for %q, want %q", word, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"abc", "xabc", 1}, {"kitten", "sitting", 3}, {"abcd", "badc", 2}, {"abc", "xyz", 3}, {"abcdef", "x", 4}} {
		if got := is[int](p, fmt.Sprintf("spelling.distance(%q, %q, 3)", c.a, c.b)); got != c.want {
			t.Errorf("from %q to %q it is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestFindingsSwitch switches findings on and off in prompts.
func TestFindingsSwitch(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "findings")
	for _, c := range []struct {
		before, label string
		on            bool // before
		after         string
	}{
		{"", "Effusion", false, "pleural effusion"},
		{"PA chest x-ray, normal chest", "Effusion", false, "PA chest x-ray. pleural effusion"},
		{"normal chest x-ray", "Effusion", false, "chest x-ray. pleural effusion"},
		{"PA view. the lungs are clear. no acute disease.", "Pneumothorax", false, "PA view. pneumothorax"},
		{"PA chest radiograph. the heart is enlarged. no pneumothorax.", "Pneumothorax", false, "PA chest radiograph. the heart is enlarged. pneumothorax"},
		{"PA chest radiograph. the heart is enlarged. no pneumothorax.", "Cardiomegaly", true, "PA chest radiograph. no pneumothorax. normal chest"},
		{"cardiomegaly with pleural effusion. PA view.", "Effusion", true, "cardiomegaly. PA view."},
		{"cardiomegaly with pleural effusion. PA view.", "Cardiomegaly", true, "pleural effusion. PA view."},
		{"PA chest x-ray showing pleural effusion", "Effusion", true, "PA chest x-ray. normal chest"},
		{"AP portable chest x-ray showing infiltrate", "Cardiomegaly", false, "AP portable chest x-ray showing infiltrate. cardiomegaly"},
		{"bilateral effusions and edema", "Edema", true, "bilateral effusions"},
		{"pulmonary vascular congestion and edema", "Edema", true, "normal chest"},
		{"PA. heart size is normal", "Cardiomegaly", false, "PA. cardiomegaly"},
		{"PA. Pleural Effusion", "Effusion", true, "PA. normal chest"},
		{"without pleural effusion", "Effusion", false, "pleural effusion"},
	} {
		var got struct {
			On    bool
			After string
		}
		p.Must(fmt.Sprintf(`const f = findings.measured.find(f => f.label === %q); return {on: findings.holds(%q, f), after: findings.toggled(%[2]q, f)};`, c.label, c.before), &got)
		if got.On != c.on || got.After != c.after {
			t.Errorf("%s in %q: there %t, want %t; switched it is %q, want %q", c.label, c.before, got.On, c.on, got.After, c.after)
		}
	}
}

// TestPeak names the places of a map.
func TestPeak(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "attention")
	for at, want := range map[int]string{0: "upper left", 4: "upper centre", 8: "upper right", 40: "centre", 36: "middle left", 80: "lower right"} {
		if got := is[string](p, fmt.Sprintf("attention.peak(Float32Array.from({length: 81}, (_, i) => i === %d ? 1 : 0.5), 9)", at)); got != want {
			t.Errorf("the largest value at %d of 9 × 9 is at the %s, want %s", at, got, want)
		}
	}
}

// TestDifference compares the difference map with plain arithmetic.
func TestDifference(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "difference")
	r := rand.New(rand.NewPCG(1, 2))
	for _, spread := range []int{0, 3, 40, 255} {
		const side = 32
		a, b := make([]int, side*side), make([]int, side*side)
		magnitudes := make([]int, 256)
		sum := 0.0
		for i := range a {
			a[i] = r.IntN(256)
			b[i] = min(max(a[i]+r.IntN(2*spread+1)-spread, 0), 255)
			d := b[i] - a[i]
			magnitudes[max(d, -d)]++
			sum += math.Abs(float64(d))
		}
		beyond := func(scale int) (n int) {
			for m, k := range magnitudes {
				if m > scale {
					n += k
				}
			}
			return n
		}
		scale := 8
		for beyond(scale) > len(a)/500 {
			scale++
		}
		var got struct {
			Values      []int
			Mean, Scale float64
			Centred     []float64
		}
		p.Must(fmt.Sprintf(`
			const image = greys => { const i = new ImageData(%d, %[1]d); greys.forEach((g, k) => i.data.set([g, g, g, 255], 4 * k)); return i; };
			const d = difference.difference(image(%s), image(%s));
			return {values: [...d.values], mean: d.mean, scale: d.scale, centred: [...difference.centred(d)]};`, side, list(a), list(b)), &got)
		if math.Abs(got.Mean-sum/float64(len(a))) > 1e-9 || got.Scale != float64(scale) {
			t.Errorf("spread %d: mean %g and scale %g, want %g and %d", spread, got.Mean, got.Scale, sum/float64(len(a)), scale)
		}
		for i := range a {
			want := 0.5 + float64(b[i]-a[i])/float64(scale)/2
			if got.Values[i] != b[i]-a[i] || math.Abs(got.Centred[i]-want) > 1e-6 {
				t.Fatalf("spread %d, pixel %d: %d, centred %g", spread, i, got.Values[i], got.Centred[i])
			}
		}
	}
}

// TestSpread spreads a map that varies, and one that hardly does.
func TestSpread(t *testing.T) {
	p := open(t, browsertest.Shared(t), public.URL+"/")
	module(t, p, "attention")
	for _, c := range []struct {
		in, out []float64
		low     float64
	}{
		{[]float64{1, 0.25, 0.625}, []float64{1, 0, 0.5}, 0.25},
		{[]float64{0, 1, 0.5}, []float64{0, 1, 0.5}, 0},
		{[]float64{0.999, 1, 0.95}, []float64{0.99, 1, 0.5}, 0.9},
	} {
		var got struct {
			Values []float64
			Low    float64
		}
		p.Must(fmt.Sprintf("const s = attention.spread(Float32Array.from([%g, %g, %g])); return {values: [...s.values], low: s.low};", c.in[0], c.in[1], c.in[2]), &got)
		for i := range c.out {
			if math.Abs(got.Values[i]-c.out[i]) > 1e-5 {
				t.Errorf("%v became %v, want %v", c.in, got.Values, c.out)
				break
			}
		}
		if math.Abs(got.Low-c.low) > 1e-6 {
			t.Errorf("%v begins at %g, want %g", c.in, got.Low, c.low)
		}
	}
}

// list writes numbers as a JavaScript array.
func list(values []int) string {
	text := "["
	for _, v := range values {
		text += fmt.Sprint(v) + ","
	}
	return text + "]"
}
