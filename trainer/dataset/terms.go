package dataset

// term is how people speak of a finding. The words of formal, shows and clear
// say what a label says and no more: no side, no degree.
type term struct {
	label  string
	formal []string // noun phrases of reports: "pleural effusion"
	casual []string // abbreviations, everyday words, British spelling
	shows  []string // whole clauses that the finding is there
	clear  []string // whole clauses that it is not
	target bool     // among the findings that full captions state each
}

// terms are the findings of [Facts], in their order, and two more that only
// captions of images speak of.
var terms = [...]term{
	{"Effusion", []string{"pleural effusion", "effusion", "pleural fluid", "pleural effusions", "fluid in the pleural space"},
		[]string{"effusions", "fluid around the lung", "fluid around the lungs", "hydrothorax", "pleural eff", "eff", "fluid in the chest cavity", "pleural collection", "liquid around the lung", "fluid in the costophrenic angle", "layering pleural fluid", "effusion at the base", "parapneumonic effusion"},
		[]string{"blunting of the costophrenic angle", "the costophrenic angles are blunted", "blunted costophrenic angle", "fluid layers in the pleural space", "the costophrenic sulcus is blunted", "costophrenic angle blunting", "fluid has collected around the lung"},
		[]string{"costophrenic angles are sharp", "the costophrenic angles are clear", "sharp costophrenic angles", "the pleural spaces are clear of fluid", "no blunting of the costophrenic angles", "costophrenic sulci are sharp", "clear costophrenic angles"}, true},
	{"Cardiomegaly", []string{"cardiomegaly", "enlarged heart", "enlarged cardiac silhouette", "cardiac enlargement", "enlargement of the heart"},
		[]string{"big heart", "cardiomeg", "large heart", "heart enlargement", "cardiac silhouette enlargement", "enlarged heart shadow", "increased cardiothoracic ratio", "heart too big", "increased heart size", "widened heart shadow", "enlarged cardiomediastinal silhouette", "raised ctr", "swollen heart"},
		[]string{"the heart is enlarged", "the cardiac silhouette is enlarged", "heart size is enlarged", "heart is big", "the heart looks too big", "the heart shadow is wide", "heart is larger than normal", "cardiothoracic ratio is increased", "the heart is bigger than it should be", "heart size is increased", "cardiac contour is enlarged", "the heart size is above normal", "heart enlarged"},
		[]string{"heart size is normal", "the heart is normal in size", "the cardiac silhouette is normal", "normal heart size", "the heart is not enlarged", "cardiac size within normal limits", "heart of normal size", "normal cardiac silhouette", "the heart is not big", "normal sized heart", "heart size within normal limits", "cardiothoracic ratio is normal", "cardiac silhouette is not enlarged", "unremarkable heart size", "heart normal", "cardiac contours are normal", "heart not enlarged"}, true},
	{"Pneumothorax", []string{"pneumothorax", "air in the pleural space", "pneumothoraces"},
		[]string{"ptx", "collapsed lung", "pneumo", "air around the lung", "air leak into the pleural space", "punctured lung", "lung collapse with air", "apical pneumothorax", "tension pneumothorax", "air outside the lung"},
		[]string{"a visceral pleural line is seen", "the lung has collapsed away from the chest wall", "the lung is collapsed", "air has leaked around the lung"},
		[]string{"lungs are fully expanded", "no pleural line is seen", "both lungs are fully inflated"}, true},
	{"Pneumonia", []string{"pneumonia", "lung infection", "airspace disease consistent with pneumonia"},
		[]string{"pna", "chest infection", "bronchopneumonia", "infection in the lung", "infection of the lungs", "lobar pneumonia", "infected lung", "pneumonic change", "infectious process", "infectious infiltrate of pneumonia", "aspiration pneumonia"},
		[]string{"the lungs are infected", "airspace opacity that represents pneumonia", "the lung is infected"},
		[]string{"no infection in the lungs", "lungs show no infection"}, true},
	{"Consolidation", []string{"consolidation", "airspace consolidation", "an area of consolidation", "focal consolidation"},
		[]string{"consolidations", "consolidated lung", "lobar consolidation", "airspace opacification", "consolidative opacity", "dense airspace disease", "consol", "consolidative change", "alveolar consolidation"},
		[]string{"the lung is consolidated", "air bronchograms in consolidated lung", "lower lobe is consolidated"},
		[]string{"lungs are free of consolidation", "no focal airspace disease", "no lung is consolidated"}, true},
	{"Edema", []string{"pulmonary edema", "edema", "pulmonary vascular congestion and edema"},
		[]string{"pulmonary oedema", "oedema", "fluid overload", "interstitial edema", "alveolar edema", "lung edema", "fluid in the lungs", "wet lungs", "pulmonary congestion with edema", "interstitial oedema", "cardiogenic edema", "edema of the lungs", "fluid inside the lungs", "kerley b lines of edema"},
		[]string{"the lungs are congested and edematous", "the lungs are wet", "the lungs are filled with fluid", "the patient is in fluid overload"},
		[]string{"no vascular congestion or edema", "lungs are dry"}, true},
	{"Infiltration", []string{"infiltrate", "infiltration", "pulmonary infiltrates", "hazy opacity in the lung"},
		[]string{"infiltrates", "lung infiltrate", "patchy infiltrate", "interstitial infiltrates", "infiltrative change", "infiltrative opacity", "infil", "lung infiltration", "infiltrates in the lungs", "pulmonary infiltrate"},
		[]string{"the lungs are infiltrated", "hazy infiltrative opacities are seen"},
		[]string{"lungs are clear of infiltrates", "clear of infiltrate"}, true},
	{"Atelectasis", []string{"atelectasis", "volume loss", "linear opacity of atelectasis"},
		[]string{"atx", "atelectatic change", "atelectases", "collapse of the lung base", "subsegmental atelectasis", "plate atelectasis", "discoid atelectasis", "bibasilar atelectasis", "lung volume loss", "atelectatic lung", "lobar collapse", "linear atelectasis", "partial collapse of a lobe", "plate-like atelectasis", "atelect", "airless lung"},
		[]string{"the bases are atelectatic", "a lobe has lost volume", "there is loss of lung volume"},
		[]string{"no loss of volume"}, true},
	{"Nodule", []string{"lung nodule", "pulmonary nodule", "nodule", "nodular opacity"},
		[]string{"nodules", "pulmonary nodules", "spot on the lung", "coin lesion", "small round spot in the lung", "lung nodules", "solitary pulmonary nodule", "small round lesion", "spn", "a spot", "nodular density", "round spot", "lung spot"},
		[]string{"a small round density is seen in the lung", "a spot is seen in the lung"},
		[]string{"no spots on the lung"}, false},
	{"Mass", []string{"lung mass", "mass", "mass in the lung"},
		[]string{"masses", "tumor", "lung tumor", "tumour", "pulmonary mass", "mass lesion", "hilar mass", "large lesion", "lung tumour", "growth in the lung", "mass-like opacity", "neoplasm", "lung cancer", "a lump in the lung", "suspicious mass"},
		[]string{"a large round density is seen in the lung", "there is a growth in the lung"},
		[]string{"no tumor in the lungs"}, false},
	{"Pleural_Thickening", []string{"pleural thickening", "thickened pleura"},
		[]string{"thickening of the pleura", "pleural scarring", "apical pleural thickening", "thick pleura", "pleural plaques", "pleural plaque", "apical cap", "thickened lung lining", "thickening of the lung lining", "pleural thick"},
		[]string{"the pleura is thickened", "the pleura is thick", "the lining of the lung is thickened", "the lung lining looks thick"},
		[]string{"pleura is not thickened", "the pleura is normal"}, false},
	{"Fibrosis", []string{"fibrosis", "pulmonary fibrosis", "scarring", "fibrotic changes"},
		[]string{"lung fibrosis", "scarring in the lung", "lung scarring", "fibrotic change", "interstitial fibrosis", "scar tissue in the lung", "scarred lungs", "honeycombing", "reticular fibrosis", "fibrotic lung disease", "scars in the lungs", "apical scarring", "fibrotic scarring", "ipf", "ild with fibrosis", "scar tissue"},
		[]string{"the lungs are scarred", "the lungs are fibrotic", "reticular opacities of fibrosis"},
		[]string{"lungs are not scarred"}, false},
	{"Emphysema", []string{"emphysema", "hyperinflated lungs", "emphysematous changes"},
		[]string{"copd", "hyperinflation", "chronic obstructive pulmonary disease", "emphysematous lungs", "overinflated lungs", "bullous emphysema", "hyperexpanded lungs", "copd changes", "smoker lungs", "emphysematous change", "flattened diaphragms of emphysema", "barrel chest with emphysema", "bullae", "lung hyperinflation", "overexpanded lungs"},
		[]string{"the lungs are hyperinflated", "the lungs are emphysematous", "the lungs are overinflated", "lungs are hyperexpanded", "the diaphragms are flattened"},
		[]string{"lungs are not hyperinflated", "no hyperinflation of the lungs"}, false},
	{"Hernia", []string{"hiatal hernia", "hernia"},
		[]string{"hiatus hernia", "diaphragmatic hernia", "stomach in the chest", "herniated stomach", "retrocardiac hernia", "paraesophageal hernia", "large hiatal hernia", "gastric hernia", "intrathoracic stomach", "hh", "bochdalek hernia"},
		[]string{"the stomach has herniated into the chest", "part of the stomach lies above the diaphragm", "a hernia is seen in the retrocardiac region"},
		[]string{"the stomach lies below the diaphragm"}, false},

	{"ARDS", []string{"acute respiratory distress syndrome"}, nil, []string{"findings of acute respiratory distress syndrome"}, nil, false},
	{"Pneumocystis", []string{"pneumocystis pneumonia"}, nil, []string{"findings of pneumocystis pneumonia"}, nil, false},
}

// opacities are labels of which one in an image makes the denial of another
// doubtful: an infiltrate may be a consolidation.
var opacities = []string{"Pneumonia", "Consolidation", "Infiltration", "Edema", "ARDS", "Pneumocystis"}

var (
	normalFormal = []string{"normal chest x-ray", "normal chest", "no finding", "normal chest radiograph", "clear lungs", "no acute disease",
		"no acute cardiopulmonary abnormality", "no acute cardiopulmonary disease", "normal study", "unremarkable chest", "normal"}
	normalCasual = []string{"healthy chest", "healthy lungs", "cxr normal", "everything looks normal", "all clear", "nothing wrong", "nad", "no abnormality detected",
		"no active disease", "negative chest", "unremarkable cxr", "no pathology", "wnl", "within normal limits", "healthy", "no abnormalities", "nothing abnormal",
		"unremarkable study", "no significant abnormality", "clear chest", "no acute process", "no acute findings", "no acute cardiopulmonary process",
		"no lung disease", "perfectly normal lungs", "normal lungs", "normal heart and lungs", "no abnormal findings", "no cardiopulmonary disease", "normal appearance"}
	normalClauses = []string{"the lungs are clear", "no abnormality is seen", "lungs are clear bilaterally", "both lungs are clear", "heart and lungs are normal",
		"the chest is normal", "the study is normal", "lungs clear", "the lungs look healthy", "lungs and heart are unremarkable", "the chest looks normal",
		"there is no acute disease", "no acute abnormality is seen", "the chest x-ray is normal", "the radiograph is unremarkable", "the lungs are well aerated and clear",
		"no evidence of acute disease", "nothing abnormal is seen", "the lungs are normal", "no disease is seen", "no finding is seen"}

	studiesFormal = map[string][]string{
		"PA": {"PA chest x-ray", "PA view", "posteroanterior chest radiograph", "PA chest radiograph", "frontal chest x-ray, PA view", "PA radiograph of the chest"},
		"AP": {"AP chest x-ray", "AP view", "anteroposterior chest radiograph", "AP portable chest x-ray", "portable AP chest radiograph", "AP radiograph of the chest"},
		"":   {"chest x-ray", "chest radiograph", "frontal chest x-ray", "frontal view"},
	}
	studiesCasual = map[string][]string{
		"PA": {"PA CXR", "PA film", "PA", "cxr pa", "standing PA film", "erect PA chest", "upright PA view", "x-ray taken from back to front", "postero-anterior view", "PA projection", "chest PA", "PA chest"},
		"AP": {"AP CXR", "portable", "portable chest", "supine film", "bedside chest x-ray", "AP supine", "AP film", "mobile chest x-ray", "portable cxr", "AP", "supine chest radiograph",
			"bedside film", "AP projection", "semi-upright portable view", "lying flat in bed, AP", "antero-posterior view", "portable film from the icu", "chest AP", "AP chest", "bedside portable", "supine AP view"},
		"": {"cxr", "x-ray", "x ray of the chest", "xray", "radiograph", "film", "chest film", "chest xray", "image of the chest", "picture of the lungs", "chest"},
	}
	personsFormal = map[string][]string{
		"F": {"woman", "female", "female patient"},
		"M": {"man", "male", "male patient"},
		"":  {"patient", "adult"},
	}
	personsCasual = map[string][]string{
		"F": {"lady", "f", "grandmother", "mother", "she", "mom", "mum", "aunt", "gentlewoman", "sister"},
		"M": {"gentleman", "m", "grandfather", "father", "he", "dad", "uncle", "granddad", "guy", "brother"},
		"":  {"pt", "person", "adult patient", "subject"},
	}
	children = map[string][]string{
		"F": {"girl", "young girl", "female child", "female infant", "baby girl", "little girl"},
		"M": {"boy", "young boy", "male child", "male infant", "baby boy", "little boy"},
		"":  {"child", "paediatric patient", "pediatric patient", "infant", "toddler", "kid", "newborn", "baby", "paediatric", "pediatric", "neonate", "schoolchild"},
	}
	decadeNames = []string{"", "", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"}
)
