package dataset

import "strings"

// What captions say beside their facts, for the training of the text encoder
// alone. # stands for a word that nobody knows.
var (
	requests = []string{"generate a", "show me a", "please draw a", "create an image of a", "I would like a", "make a", "please generate", "a", "an image of a", "synthesize a", "give me a", "produce", "generate an image of", "draw", "show",
		"example of a", "typical", "realistic", "a picture of a", "can you make a", "render a", "simulate a", "I need a", "a high quality", "this is a", "here is a", "the", "draw me a", "make it a", "please show", "I want a", "we need a", "for teaching, a", "image:", "prompt:", "I'd like a", "could you show a"}
	histories = []string{"history: cough", "history: chest pain", "indication: shortness of breath", "indication: fever", "history of smoking", "clinical history: cough and fever", "history: fall", "indication: preoperative", "post op day #",
		"comparison: none", "technique: single view of the chest", "clinical information: dyspnea", "history: trauma", "indication: chest pain", "history of hypertension", "history: line placement", "follow-up", "history: diabetes", "smoker",
		"reason for exam: SOB", "indication: cough for two weeks", "exam: chest", "comparison is made to the prior study", "referred by dr #", "indication: weight loss", "hx: cough", "accession #", "clinical: sob"}
	fillers = []string{"the bones are intact", "osseous structures are intact", "bony thorax is intact", "no acute bony abnormality", "the osseous structures are unremarkable", "visualized osseous structures are normal", "no rib fracture",
		"no fracture", "healed rib fractures", "degenerative changes of the spine", "degenerative changes in the thoracic spine", "mild scoliosis", "the trachea is midline", "trachea midline", "the mediastinum is unremarkable",
		"mediastinal contours are normal", "the mediastinum is normal", "the hila are normal", "hilar contours are normal", "the aorta is tortuous", "aortic calcification", "atherosclerotic aorta", "calcified aortic arch",
		"soft tissues are unremarkable", "visualized upper abdomen is unremarkable", "no free air under the diaphragm", "endotracheal tube in satisfactory position", "ET tube above the carina", "nasogastric tube in the stomach",
		"NG tube in place", "right internal jugular line", "central venous catheter", "PICC line in place", "left subclavian line", "pacemaker", "pacemaker in situ", "sternotomy wires", "median sternotomy wires are noted",
		"surgical clips", "chest tube in place", "lines and tubes in good position", "port in place", "low lung volumes", "lung volumes are low", "poor inspiration", "good inspiration", "adequate inspiration", "rotated film", "the patient is rotated",
		"overlying leads", "ECG leads", "monitoring leads", "clinical correlation is recommended", "follow-up is recommended", "CT is recommended", "no change from prior", "stable since prior", "compared to prior", "unchanged from the previous study",
		"the diaphragm is normal", "the diaphragms are normal", "hemidiaphragms are normal", "elevated hemidiaphragm", "clavicle fracture", "old rib fracture", "osteopenia", "kyphosis", "shoulder replacement", "dual lead pacemaker",
		"as described by dr #", "# noted", "tracheostomy", "intubated", "post surgery", "after surgery", "status post CABG", "breast implants", "nipple shadows", "the airway is patent", "the spine is normal", "film quality is good",
		"high quality image", "good contrast", "black and white", "realistic", "high resolution", "for teaching", "from the emergency department", "in the ICU", "admitted with fever", "with fever", "with cough", "with chest pain",
		"with shortness of breath", "smoker", "after trauma", "the ribs are normal", "no foreign body", "no pneumoperitoneum", "the visualized skeleton is intact", "bones normal", "tubes and lines are unchanged", "no other findings", "otherwise stable",
		"thank you for the referral", "# # was present", "dr # was informed", "the pulmonary hila are unremarkable", "vascular calcifications", "the stomach bubble is normal", "gas in the stomach", "non-specific bowel gas", "no bony lesion",
		"third rib level", "3rd rib", "rib 5", "two views", "T8", "at 2 weeks", "urgent", "please call", "after biopsy", "after thoracentesis", "teaching case", "factory worker", "heavy smoker", "came in with chest pain", "week 3", "day 2",
		"comparison is made with the film of last week", "no previous film", "chest clinic", "emergency room", "ward 7", "bed 12", "room 4", "the patient feels well", "cough for 10 days", "temperature 39", "a nurse", "a worker", "for my lecture",
		"this is a teaching film", "reviewed twice", "signed by dr #", "mediastinal shift", "no mediastinal shift", "the mediastinum is shifted", "exposure is adequate", "film number 14", "case 5", "urgent result", "exam 2 of 3", "repeat in 6 weeks",
		"sent from clinic", "the ribs are intact", "spine degenerative change", "scan of good quality", "as seen before", "feeding tube", "after extubation", "line tip in the SVC", "patient on oxygen", "asthma history", "an athlete", "a teacher", "one film", "all three", "two images", "the second one", "one view only", "number three", "one more film", "a large one", "ten of them", "the first one",
		"yes", "please", "four films", "taken twice", "it is clear to me", "is that so", "what do you see"}
	// fillersIfPresent would speak of a normal chest, if nothing were present.
	fillersIfPresent = []string{"otherwise normal", "otherwise unremarkable", "the rest of the chest is normal", "the remainder of the lungs is clear", "otherwise clear", "no other abnormality", "no other acute abnormality", "otherwise normal study",
		"the lungs are otherwise clear", "otherwise no acute disease", "rest normal", "the other lung is clear", "otherwise within normal limits", "no additional abnormality", "the remaining lung is clear", "no acute abnormality otherwise"}
	// fillersIfOutside hold where what is present is not in the lungs.
	fillersIfOutside = []string{"the lungs are clear", "lungs are clear", "lungs clear", "clear lungs", "both lungs are clear", "the lung fields are clear", "the lungs are otherwise clear"}
)

// filler is a phrase that carries no fact beside those that are present.
func (d *writer) filler(f Facts, present []*finding) string {
	outside := len(present) > 0
	for _, x := range present {
		outside = outside && (x.topic == TopicCardiomegaly || x.topic == TopicHernia || x.topic == TopicPleuralThickening)
	}
	text := ""
	switch {
	case outside && d.chance(40):
		text = d.of(fillersIfOutside)
	case len(present) > 0 && d.chance(15):
		text = d.of(fillersIfPresent)
	default:
		text = d.of(fillers)
	}
	return d.unknown(text)
}

// unknown puts words that nobody knows in the places of #.
func (d *writer) unknown(text string) string {
	for strings.Contains(text, "#") {
		text = strings.Replace(text, "#", d.nonsense(), 1)
	}
	return text
}

// nonsense is a word that nobody knows.
func (d *writer) nonsense() string {
	if d.sober {
		return ""
	}
	b := make([]byte, 3+d.below(6))
	for i := range b {
		letters := []string{"bcdfghjklmnprstvwz", "aeiou"}[i%2]
		b[i] = letters[d.below(len(letters))]
	}
	return string(b)
}

// disturb writes the caption in another case and with typing errors.
func (d *writer) disturb(words []Word) {
	if d.chance(28) {
		for range 1 + d.oneOf(70, 30) {
			w := &words[d.below(len(words))]
			for range 3 { // the words that matter, rather than others
				if w.Topic == TopicNone {
					w = &words[d.below(len(words))]
				}
			}
			w.Text = d.mistyped(w.Text)
		}
	}
	switch d.oneOf(45, 30, 10, 15) {
	case 0:
		capital := true
		for i := range words {
			if capital && words[i].Text != "" {
				words[i].Text = strings.ToUpper(words[i].Text[:1]) + words[i].Text[1:]
			}
			capital = words[i].Text == "."
		}
	case 1:
		for i := range words {
			words[i].Text = strings.ToLower(words[i].Text)
		}
	case 2:
		for i := range words {
			words[i].Text = strings.ToUpper(words[i].Text)
		}
	}
}

// mistyped has one letter of a long word dropped, doubled, swapped with the
// next or replaced. Other words stay as they are.
func (d *writer) mistyped(text string) string {
	if len(text) < 5 {
		return text
	}
	for _, c := range text {
		if c < 'a' || c > 'z' {
			return text
		}
	}
	i := d.below(len(text) - 1)
	switch d.below(4) {
	case 0:
		return text[:i] + text[i+1:]
	case 1:
		return text[:i+1] + text[i:]
	case 2:
		return text[:i] + text[i+1:i+2] + text[i:i+1] + text[i+2:]
	}
	return text[:i] + string(rune('a'+d.below(26))) + text[i+1:]
}
