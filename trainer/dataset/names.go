package dataset

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// NoFinding is the label of a normal image.
const NoFinding = "No Finding"

// silent is a label that captions do not speak of; see [Caption].
const silent = "COVID-19"

// other is a finding, or a thing in the image, that captions name in its own
// words: it has no topic, so that nothing is claimed or denied of it.
type other struct {
	said   string   // as captions name it
	names  []string // as tables name it, beside said
	open   []Topic  // what it may be: a caption does not deny these beside it
	device bool     // it may be in a normal chest
}

// The labels of CheXpert, MIMIC-CXR, VinDr-CXR and PadChest that NIH
// ChestX-ray14 does not have, the frequent ones. What a radiograph shows of
// several diseases keeps all of them open.
var others = []other{
	{said: "lung opacity", names: []string{"opacity", "opacities", "lung opacities", "pulmonary opacity", "increased density", "alveolar pattern", "interstitial pattern", "reticular interstitial pattern", "reticulonodular interstitial pattern", "pulmonary opacities"},
		open: []Topic{TopicPneumonia, TopicConsolidation, TopicEdema, TopicInfiltration, TopicAtelectasis}},
	{said: "lung lesion", names: []string{"lung lesions", "other lesion", "lesion"}, open: []Topic{TopicNodule, TopicMass}},
	{said: "nodule or mass", names: []string{"nodule/mass", "nodule mass", "mass/nodule"}, open: []Topic{TopicNodule, TopicMass}},
	{said: "enlarged cardiomediastinum", names: []string{"mediastinal enlargement", "superior mediastinal enlargement", "widened mediastinum", "mediastinal widening"}, open: []Topic{TopicCardiomegaly}},
	{said: "pleural abnormality", names: []string{"pleural other"}, open: []Topic{TopicEffusion, TopicPleuralThickening}},
	{said: "fracture", names: []string{"fractures"}},
	{said: "rib fracture", names: []string{"rib fractures", "callus rib fracture"}},
	{said: "clavicle fracture"},
	{said: "vertebral fracture", names: []string{"vertebral compression"}},
	{said: "subcutaneous emphysema"},
	{said: "pneumomediastinum"},
	{said: "pneumoperitoneum"},
	{said: "tuberculosis", names: []string{"tb", "tuberculosis sequelae"}, open: []Topic{TopicPneumonia, TopicConsolidation, TopicInfiltration, TopicEffusion, TopicAtelectasis}},
	{said: "lung cavity", names: []string{"cavitation", "cavity"}},
	{said: "lung cyst", names: []string{"cyst"}},
	{said: "acute respiratory distress syndrome", names: []string{"ards"}, open: []Topic{TopicPneumonia, TopicConsolidation, TopicEdema, TopicInfiltration, TopicEffusion}},
	{said: "pneumocystis pneumonia", names: []string{"pneumocystis"}, open: []Topic{TopicPneumonia, TopicConsolidation, TopicEdema, TopicInfiltration}},
	{said: "bronchiectasis"},
	{said: "metastasis", names: []string{"pulmonary metastasis", "metastases"}, open: []Topic{TopicNodule, TopicMass}},
	{said: "calcification", names: []string{"calcified densities", "vascular calcification"}},
	{said: "aortic enlargement", names: []string{"aortic button enlargement", "aortic aneurysm"}},
	{said: "aortic elongation", names: []string{"tortuous aorta", "descendent aortic elongation", "ascendent aortic elongation"}},
	{said: "aortic atheromatosis", names: []string{"calcification of the aorta", "aortic calcification"}},
	{said: "hilar enlargement", names: []string{"vascular hilar enlargement", "enlarged pa", "hilar congestion", "adenopathy", "lymphadenopathy", "mediastinal lymphadenopathy"}},
	{said: "mediastinal shift", names: []string{"tracheal shift"}},
	{said: "hemidiaphragm elevation", names: []string{"elevated hemidiaphragm", "raised hemidiaphragm"}},
	{said: "pseudonodule", open: []Topic{TopicNodule}},
	{said: "scoliosis"},
	{said: "kyphosis"},
	{said: "osteopenia", names: []string{"osteoporosis"}},
	{said: "degenerative changes of the spine", names: []string{"vertebral degenerative changes", "degenerative changes", "spondylosis"}},
	{said: "chronic changes"},
	{said: "support devices", names: []string{"support device", "devices", "lines and tubes", "tubes and lines"}, device: true},
	{said: "pacemaker", names: []string{"dual chamber device", "single chamber device", "icd"}, device: true},
	{said: "endotracheal tube", names: []string{"ett", "et tube"}, device: true},
	{said: "nasogastric tube", names: []string{"nsg tube", "ng tube", "ngt"}, device: true},
	{said: "central venous catheter", names: []string{"cvc", "central venous catheter via jugular vein", "central venous catheter via subclavian vein", "reservoir central venous catheter", "picc"}, device: true},
	{said: "chest tube", names: []string{"chest drain tube", "drain"}, device: true},
	{said: "tracheostomy tube", device: true},
	{said: "sternotomy wires", names: []string{"sternotomy", "median sternotomy"}, device: true},
	{said: "surgical material", names: []string{"suture material", "surgery", "metal", "osteosynthesis material", "artificial heart valve", "heart valve calcified", "prosthesis"}, device: true},
}

// also are names that data sets have for the findings, beside those of the
// captions.
var also = map[Topic][]string{
	TopicEffusion:          {"pleural effusion syndrome", "loculated pleural effusion", "hydropneumothorax"},
	TopicCardiomegaly:      {"enlarged cardiac silhouette", "cardiac enlargement"},
	TopicAtelectasis:       {"laminar atelectasis", "total atelectasis", "lobar atelectasis", "atelectasis basal", "segmental atelectasis", "round atelectasis"},
	TopicEmphysema:         {"copd signs", "hyperinflated lung", "flattened diaphragm", "bullas", "bulla"},
	TopicFibrosis:          {"fibrotic band", "pulmonary fibrosis", "interstitial lung disease"},
	TopicNodule:            {"multiple nodules", "nodules"},
	TopicMass:              {"pulmonary mass", "lung tumor", "lung tumour"},
	TopicInfiltration:      {"infiltrates", "infiltration", "ground glass pattern"},
	TopicPleuralThickening: {"pleural thickening", "apical pleural thickening", "pleural plaques", "calcified pleural thickening", "loculated fissural effusion thickening"},
	TopicPneumonia:         {"atypical pneumonia", "pneumonia other"},
}

// normalLabels are labels of a normal image, beside the captions' names of one.
var normalLabels = []string{NoFinding, "no findings", "normal", "healthy", "no abnormality", "unremarkable", "no abnormal findings", "normal x-ray", "normal cxr"}

// silentLabels are labels of a disease that captions leave out, and remarks
// that say nothing of the image.
var silentLabels = map[string]string{
	"covid 19": silent, "covid19": silent, "covid": silent, "sars cov 2": silent,
	"unchanged": "", "suboptimal study": "",
}

// meaning is what a label in a table stands for: a label of [FindingLabels],
// [NoFinding], or the words of another finding. The zero value says nothing.
type meaning struct {
	label string
	other *other
}

var meanings = sync.OnceValue(func() map[string]meaning {
	known := map[string]meaning{}
	add := func(m meaning, names ...string) {
		for _, n := range names {
			if n = plainName(n); known[n] == (meaning{}) {
				known[n] = m
			}
		}
	}
	for i := range findings {
		f := &findings[i]
		add(meaning{label: f.label}, f.label)
		add(meaning{label: f.label}, also[f.topic]...)
	}
	add(meaning{label: NoFinding}, normalLabels...)
	add(meaning{label: NoFinding}, normalNames...)
	for i := range others {
		add(meaning{other: &others[i]}, others[i].said)
		add(meaning{other: &others[i]}, others[i].names...)
	}
	for i := range findings {
		f := &findings[i]
		for _, names := range [][]string{f.one, f.names, f.more, f.held} {
			add(meaning{label: f.label}, names...)
		}
	}
	for name, label := range silentLabels {
		known[name] = meaning{label: label}
	}
	return known
})

// plainName is a name as names are compared: lower-case, without accents, words
// apart by one space.
func plainName(name string) string {
	text, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), name)
	if err != nil {
		text = name
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("_-\u2010\u2011\u2012\u2013'\"\u2018\u2019\u201c\u201d", r) || !unicode.IsPrint(r)
	})
	return strings.Join(words, " ")
}

// understand finds what a label stands for.
func understand(name string) (meaning, bool) {
	m, ok := meanings()[plainName(name)]
	return m, ok
}

// isDevice reports whether the words of another finding are of a thing that a
// normal chest may have in it.
func isDevice(said string) bool {
	m, ok := understand(said)
	return ok && m.other != nil && m.other.device
}

// splitLabels parts a cell of labels at the marks that data sets use: bars,
// semicolons, commas, line breaks, the brackets and quotes of a list in Python;
// words of "and" only where the whole is not known.
func splitLabels(cell string) []string {
	cell = strings.Trim(strings.TrimSpace(cell), "[](){}")
	var list []string
	for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("|;,\n\r\t\uff1b\uff0c\u3001", r) }) {
		part = strings.Trim(strings.TrimSpace(part), "'\"\u2018\u2019\u201c\u201d ")
		if isMissing(part) {
			continue
		}
		if _, known := understand(part); known {
			list = append(list, part)
			continue
		}
		list = append(list, splitAnd(part)...)
	}
	return list
}

// splitAnd parts "effusion and edema", where both are known.
func splitAnd(part string) []string {
	for _, and := range []string{" and ", " & ", " + ", "/", "&", "+"} {
		pieces := strings.Split(part, and)
		all := len(pieces) > 1
		for i := range pieces {
			pieces[i] = strings.TrimSpace(pieces[i])
			_, known := understand(pieces[i])
			all = all && known
		}
		if all {
			return pieces
		}
	}
	return []string{part}
}

// leavesOpen reports whether the record neither states nor excludes a finding:
// the table says so, or another finding may be it.
func (r Record) leavesOpen(t Topic) bool {
	for _, label := range r.Open {
		if label == t.Name() {
			return true
		}
	}
	for _, said := range r.Others {
		m, known := understand(said)
		if !known || m.other == nil {
			return true // nobody knows what it is
		}
		for _, o := range m.other.open {
			if o == t {
				return true
			}
		}
	}
	return false
}
