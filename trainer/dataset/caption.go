package dataset

import (
	"slices"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/sampler/noise"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// finding is how reports speak of a label, present and absent. The words are
// chosen to say what the label says and no more: no side, no degree.
type finding struct {
	label   string
	names   []string // noun phrases: "pleural effusion"
	present []string // whole clauses: "there is a pleural effusion"
	absent  []string // whole clauses for images without the label
	inShort bool     // absent often enough in reports to be listed in negatives
}

var findings = []finding{
	{"Effusion", []string{"pleural effusion", "effusion", "pleural fluid"},
		[]string{"there is a pleural effusion", "pleural effusion is present", "fluid in the pleural space", "blunting of the costophrenic angle"},
		[]string{"no pleural effusion", "there is no pleural effusion", "costophrenic angles are sharp", "no effusion is seen"}, true},
	{"Cardiomegaly", []string{"cardiomegaly", "enlarged heart", "enlarged cardiac silhouette"},
		[]string{"the heart is enlarged", "the cardiac silhouette is enlarged", "there is cardiomegaly", "heart size is enlarged"},
		[]string{"heart size is normal", "the heart is normal in size", "the cardiac silhouette is normal", "no cardiomegaly"}, true},
	{"Pneumothorax", []string{"pneumothorax", "collapsed lung"},
		[]string{"there is a pneumothorax", "pneumothorax is present", "air in the pleural space"},
		[]string{"no pneumothorax", "there is no pneumothorax", "no pneumothorax is seen"}, true},
	{"Pneumonia", []string{"pneumonia", "lung infection"},
		[]string{"findings of pneumonia", "airspace disease consistent with pneumonia", "there is pneumonia"},
		[]string{"no pneumonia", "no evidence of pneumonia"}, true},
	{"Consolidation", []string{"consolidation", "airspace consolidation"},
		[]string{"there is consolidation", "consolidation is present", "an area of consolidation"},
		[]string{"no consolidation", "no focal consolidation", "there is no focal consolidation"}, true},
	{"Edema", []string{"pulmonary edema", "edema"},
		[]string{"there is pulmonary edema", "pulmonary vascular congestion and edema", "findings of pulmonary edema"},
		[]string{"no pulmonary edema", "no edema"}, true},
	{"Infiltration", []string{"infiltrate", "infiltration", "pulmonary infiltrates"},
		[]string{"there is an infiltrate", "infiltrates are present", "hazy opacity in the lung"},
		[]string{"no infiltrate", "no infiltrates are seen"}, true},
	{"Atelectasis", []string{"atelectasis", "volume loss"},
		[]string{"there is atelectasis", "atelectasis is present", "linear opacity of atelectasis"},
		[]string{"no atelectasis"}, false},
	{"Nodule", []string{"lung nodule", "pulmonary nodule", "nodule"},
		[]string{"there is a nodule", "a pulmonary nodule is seen", "nodular opacity"},
		[]string{"no nodule", "no lung nodules"}, false},
	{"Mass", []string{"lung mass", "mass"},
		[]string{"there is a mass", "a lung mass is seen", "mass in the lung"},
		[]string{"no mass"}, false},
	{"Pleural_Thickening", []string{"pleural thickening"},
		[]string{"there is pleural thickening", "the pleura is thickened"},
		[]string{"no pleural thickening"}, false},
	{"Fibrosis", []string{"fibrosis", "pulmonary fibrosis", "scarring"},
		[]string{"there is fibrosis", "fibrotic changes are present", "scarring in the lung"},
		[]string{"no fibrosis"}, false},
	{"Emphysema", []string{"emphysema", "hyperinflated lungs"},
		[]string{"there is emphysema", "the lungs are hyperinflated", "emphysematous changes"},
		[]string{"no emphysema"}, false},
	{"Hernia", []string{"hiatal hernia", "hernia"},
		[]string{"there is a hernia", "a hiatal hernia is seen"},
		[]string{"no hernia"}, false},
	{"ARDS", []string{"acute respiratory distress syndrome"},
		[]string{"findings of acute respiratory distress syndrome"}, nil, false},
	{"Pneumocystis", []string{"pneumocystis pneumonia"},
		[]string{"findings of pneumocystis pneumonia"}, nil, false},
}

var (
	normalNames   = []string{"normal chest x-ray", "normal chest", "no finding", "normal chest radiograph", "clear lungs", "healthy chest", "no acute disease"}
	normalClauses = []string{"the lungs are clear", "no acute cardiopulmonary abnormality", "no abnormality is seen",
		"normal chest", "no acute disease", "lungs are clear bilaterally", "no finding"}
	studies = map[string][]string{
		"PA": {"PA chest x-ray", "PA view", "posteroanterior chest radiograph", "PA chest radiograph", "frontal chest x-ray, PA view"},
		"AP": {"AP chest x-ray", "AP view", "anteroposterior chest radiograph", "AP portable chest x-ray", "portable AP chest radiograph"},
		"":   {"chest x-ray", "chest radiograph", "frontal chest x-ray"},
	}
	persons = map[string][]string{
		"F": {"woman", "female", "female patient"},
		"M": {"man", "male", "male patient"},
		"":  {"patient"},
	}
	showing = []string{"showing", "with", "demonstrating"}
	leads   = []string{"", "findings: ", "report: "}
	ends    = []string{"impression: ", "conclusion: ", "impression: "}
)

// writer gives the choices of one caption, one after another.
type writer struct {
	seed          uint64
	image, stream uint32
	n             uint32
}

func (d *writer) below(n int) int {
	d.n++
	return noise.Below(n, d.seed, d.n-1, d.image, d.stream)
}

func (d *writer) of(list []string) string { return list[d.below(len(list))] }

// chance is true with a probability of percent.
func (d *writer) chance(percent int) bool { return d.below(100) < percent }

// streamCaption is the first of the streams that captions are drawn from, one
// a variant.
const streamCaption = noise.StreamTraining + 1<<24

// Caption writes report-like text for an image that comes with labels only.
// Image index and variant choose the words; the same four arguments give the
// same text.
//
// A record with a report has that for its caption.
//
// Images of COVID-19 get no finding at all: nearly all are of one hospital, so
// that the word would come to mean its look; their view, sex and age are told.
func Caption(r Record, seed uint64, index, variant int) string {
	if r.Report != "" {
		return r.Report
	}
	d := &writer{seed: seed, image: uint32(index), stream: streamCaption + uint32(variant)}
	present, untold := split(r)
	if untold {
		return d.study(r)
	}
	if d.chance(45) {
		return d.short(r, present)
	}
	return d.report(r, present)
}

// split lists the findings that the record has. untold is true when it bears a
// label that must not be spoken of.
func split(r Record) (present []finding, untold bool) {
	for _, f := range findings {
		if r.Has(f.label) {
			present = append(present, f)
		}
	}
	return present, len(present) == 0 && !r.Has("No Finding")
}

// Speaks reports whether the grammar's caption of a record speaks of findings,
// be it that there are none.
func Speaks(r Record) bool {
	_, untold := split(r)
	return !untold
}

// study names the kind of image and, at times, the patient.
func (d *writer) study(r Record) string {
	view := r.View
	if d.chance(30) {
		view = ""
	}
	s := d.of(studies[view])
	if d.chance(40) && r.Sex != "" {
		person := d.of(persons[r.Sex])
		if r.Age > 0 && d.chance(60) {
			person = strconv.Itoa(r.Age) + " year old " + person
		}
		s += " of a " + person
	}
	return s
}

// names joins the names of findings in a random order.
func (d *writer) names(present []finding) string {
	if len(present) == 0 {
		return d.of(normalNames)
	}
	list := make([]string, len(present))
	for i, j := range noise.Permutation(len(present), d.seed, d.image, d.stream+1<<20) {
		list[i] = d.of(present[j].names)
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// short is a bare phrase, as a student would type it.
func (d *writer) short(r Record, present []finding) string {
	if d.chance(60) {
		return d.names(present)
	}
	return d.study(r) + " " + d.of(showing) + " " + d.names(present)
}

// report is a few sentences: study, findings present, some that are absent,
// and at times an impression.
func (d *writer) report(r Record, present []finding) string {
	var clauses []string
	for _, f := range present {
		clauses = append(clauses, d.of(f.present))
	}
	if len(present) == 0 {
		clauses = append(clauses, d.of(normalClauses))
	}
	var absent []finding
	for _, f := range findings {
		if f.inShort && !r.Has(f.label) && !related(r, f.label) {
			absent = append(absent, f)
		}
	}
	for range 1 + d.below(3) {
		if len(absent) > 0 {
			i := d.below(len(absent))
			clauses = append(clauses, d.of(absent[i].absent))
			absent = slices.Delete(absent, i, i+1)
		}
	}
	order := noise.Permutation(len(clauses), d.seed, d.image, d.stream+1<<21)
	sentences := make([]string, len(clauses))
	for i, j := range order {
		sentences[i] = clauses[j]
	}
	text := d.of(leads) + strings.Join(sentences, ". ") + "."
	if d.chance(60) {
		text = d.study(r) + ". " + text
	}
	if d.chance(40) {
		text += " " + d.of(ends) + d.names(present) + "."
	}
	return text
}

// related reports whether saying that label is absent would contradict what
// the record says in another word: an infiltrate may be a consolidation.
func related(r Record, label string) bool {
	opacities := []string{"Pneumonia", "Consolidation", "Infiltration", "Edema", "ARDS", "Pneumocystis"}
	if !slices.Contains(opacities, label) {
		return false
	}
	return slices.ContainsFunc(opacities, r.Has)
}

// CaptionWords lists every word that a caption can have, sorted.
func CaptionWords() []string {
	seen := map[string]bool{}
	add := func(lists ...[]string) {
		for _, list := range lists {
			for _, text := range list {
				for _, w := range prompt.Words(text) {
					seen[w] = true
				}
			}
		}
	}
	for _, f := range findings {
		add(f.names, f.present, f.absent)
	}
	add(normalNames, normalClauses, showing, leads, ends, []string{"of a year old and"})
	for _, m := range []map[string][]string{studies, persons} {
		for _, list := range m {
			add(list)
		}
	}
	for age := 1; age < 120; age++ {
		seen[strconv.Itoa(age)] = true
	}
	words := make([]string, 0, len(seen))
	for w := range seen {
		words = append(words, w)
	}
	slices.Sort(words)
	return words
}
