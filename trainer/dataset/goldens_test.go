package dataset

// goldenSpeech are captions of Speak at seed 5, read and written down with
// their facts.
var goldenSpeech = []struct {
	n               int
	text            string
	present, denied string
	view, sex       string
	decade          int
	child           bool
}{
	{0, "m. findings: no tumour. pneumonia nil. no evidence of thickende pleura. resolution of consolidation. no evidence of chronic obstructive pulmonary disease or bibasilar nodular density. the chest is normal. conclusion: unremarkable.", "Normal", "Pneumonia Consolidation Nodule Mass Pleural_Thickening Emphysema", "", "M", 0, false},
	{1, "Findings - a nodule projects over the lung. Emergency room. Excluding airspace consolidation. Exposure is adequate. Thickened pleura, cardiomegaly + infiltrates: present.", "Cardiomegaly Infiltration Nodule Pleural_Thickening", "Consolidation", "", "", 0, false},
	{2, "negative chest; absence of rounded opacity or esophageal hernia. frontal view of the chest of m/ 49", "Normal", "Nodule Hernia", "", "M", 5, false},
	{3, "Free of scarring of the lung. Gender: male", "", "Fibrosis", "", "M", 0, false},
	{4, "could you show a man illustrating no finding; no bullae, thickened pleura, large congested lungs, collapsed lung, lung scarring, or lung nodule.", "Normal", "Pneumothorax Edema Nodule Pleural_Thickening Fibrosis Emphysema", "", "M", 0, false},
	{5, "bedside film negative chest x-ray; there is no area of atelectasis", "Normal", "Atelectasis", "AP", "", 0, false},
	{6, "Give me a AP chest x-ray taken of a woman patient has pneumonia, without airspace consolidation or prominent heart or emphyseda.", "Pneumonia", "Cardiomegaly Consolidation Emphysema", "AP", "F", 0, false},
	{7, "CHEST RADIOGRAPHY. MALE PATIENT WITH NORMAL X-RAY", "Normal", "", "", "M", 0, false},
	{8, "synthesize a ap semi-erect 80-y-o depicting pneumonia", "Pneumonia", "", "AP", "", 9, false},
	{9, "show enlarged heart seen on cxr, pa from a pt age 20s", "Cardiomegaly", "", "PA", "", 3, false},
	{10, "draw chest radiograph diagnosed with thickening of the pleura and early left upper lobe lobar atelectasis.", "Atelectasis Pleural_Thickening", "", "", "", 0, false},
	{11, "Synthesize a x ray demonstrates absence of hazy opacity, liquid around the lung or pulmonary iinfection.", "", "Effusion Pneumonia Infiltration", "", "", 0, false},
	{12, "Standing PA view. Man, 29 years where there is an infiltrate, hyperinflation and marked thickening of the pleura, the remainder of the lungs is clear", "Infiltration Pleural_Thickening Emphysema", "", "PA", "M", 3, false},
	{13, "Create an image of a nohting is wrong in AP radiograph in a female age group 60 to 69.", "Normal", "", "AP", "F", 7, false},
	{14, "Mobile chest x-ray positive for retrocardiac atelectasis", "Atelectasis", "", "AP", "", 0, false},
	{15, "Portable study of male patient in the late 20s exhibiting fibrothorax and lobar consolidation and nodule and opacity compatible with pneumonia but no big heart or retrocardiac air fluid level of a hernia.", "Pneumonia Consolidation Nodule Pleural_Thickening", "Cardiomegaly Hernia", "AP", "M", 3, false},
	{16, "Withouut hyperinflation", "", "Emphysema", "", "", 0, false},
	{17, "Enlarged cardiac shadow: none. - consolidative opacity: 1. - lump in the lung: 1. - hernia of the stomach: 1. - rib 5. - overinflation: 1. - M. - pulmonary venous congestion: none. - pulmonary nodules: 1", "Consolidation Nodule Mass Emphysema Hernia", "Cardiomegaly Edema", "", "M", 0, false},
	{18, "Findings - 1) black and white. 2. Thre is no air outside the lung, however? minimal left emphysema. 3. High resolution.", "Emphysema", "Pneumothorax", "", "", 0, false},
	{19, "93 year old, CXR AP: definite enlarged hvart behind the heart has resolved but HH persists", "Hernia", "Cardiomegaly", "AP", "", 10, false},
	{20, "W/o apical scarring & pleural fluid on this female's an x-ray", "", "Effusion Fibrosis", "", "F", 0, false},
	{21, "portable view taken of a m, within normal limits, no gross apical iquid around the lung, collapsed lung or air trapping", "Normal", "Effusion Pneumothorax Emphysema", "AP", "M", 0, false},
	{22, "give me a unremarkable chest x-ray on frontal chest x-ray. M: 72.", "Normal", "", "", "M", 8, false},
	{23, "lll hyperinflation, a lt pulmonary mass and subacute spots on the lung; portable in a newborn baby", "Nodule Mass Emphysema", "", "AP", "", 1, true},
	{24, "posterior to anterior view 77 years old men shows parenchymal scarring", "Fibrosis", "", "PA", "M", 8, false},
	{25, "posteroanterior chest radiograph who has widened cardiac silhouette and a pleural fluid collection", "Effusion Cardiomegaly", "", "PA", "", 0, false},
	{26, "Generate an image of rll fluffy infiltrates in a x ray male", "Infiltration", "", "", "M", 0, false},
	{27, "PA chest radiograph; no acute abnormality is identiffied", "Normal", "", "PA", "", 0, false},
	{28, "1) THERE ARE SIGNS OF ENLARGED HEART. 2) PATCHY OPACITY IN THE LUNG. 3. PROBABLE SUBACUTE CHRONIC OBSTRUCTIVE LUNG DISEASE. 4. OPACITY IN KEEPING WITH PNEUMONIA. NONAGENARIAN.", "Cardiomegaly Pneumonia Infiltration Emphysema", "", "", "", 10, false},
	{29, "a high quality known large bands of taelectasis.", "Atelectasis", "", "", "", 0, false},
	{30, "Clinical information: dyspnea. Report: the stomach bubble is normal. No acute cardiopulmonary abnormality. IMPRESSION: no acute disease.", "Normal", "", "", "", 0, false},
	{31, "pa chest radiograph. no obvious bilateral big heart or lung infection. in keeping with segmental collapse, small upper lobe pulmonary mass and pulmonary vascular congestion. consistent with well-defined effusion, fibros and a rll pneumothorax. sternotomy wires.", "Effusion Pneumothorax Edema Atelectasis Mass Fibrosis", "Cardiomegaly Pneumonia", "PA", "", 0, false},
}
