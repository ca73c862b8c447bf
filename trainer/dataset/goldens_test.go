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
	{0, "m. findings: no pulmonary emphysema, lung nodule or thickened pleura. there is neither mass in the chest nor pulmnary infetcion. no acute bony abnormality. consolidation excluded. sternotomy wires. low lung volumes. the chest is normal.", "Normal", "Pneumonia Consolidation Nodule Mass Pleural_Thickening Emphysema", "", "M", 0, false},
	{1, "Post op day kolometa. Teaching case. A nodule projects over the lung. Rules out airspace consolidation. We see thickened pleura, cardiomegaly + infiltrates. Impression: a pulmonary nodule and thickened pleura.", "Cardiomegaly Infiltration Nodule Pleural_Thickening", "Consolidation", "", "", 0, false},
	{2, "negative chest; absence of rounded opacity or hiatus hernia. frontal view of the chest of m/ 49", "Normal", "Nodule Hernia", "", "M", 5, false},
	{3, "Free of scarring of the lung ( gender: male)", "", "Fibrosis", "", "M", 0, false},
	{4, "male suffering from no finding; no bullae, thickening of the pleura, fluid in the lungs, collapsed lung, fibrotic scarring or pulmonary nodule.", "Normal", "Pneumothorax Edema Nodule Pleural_Thickening Fibrosis Emphysema", "", "M", 0, false},
	{5, "Bedside film negative chest x-ray; there is no area of atelectasis", "Normal", "Atelectasis", "AP", "", 0, false},
	{6, "pneumonia present, no airspace consolidation, enlarged cardiac silhouette or hyperinflation seen on a mother's AP portable chest x-ray.", "Pneumonia", "Cardiomegaly Consolidation Emphysema", "AP", "F", 0, false},
	{7, "NO EVIDENCE OF ACTIVE DISEASE; CHEST RADIOGRAPHY, MALE PATIENT", "Normal", "", "", "M", 0, false},
	{8, "synthesize a ap semi-erect 80-y-o depicting pneumonia", "Pneumonia", "", "AP", "", 9, false},
	{9, "show enlarged heart seen on cxr, pa from a pt age 20s", "Cardiomegaly", "", "PA", "", 3, false},
	{10, "draw chest radiograph diagnosed with thickening of the pleura and early left upper lobe lobar atelectasis.", "Atelectasis Pleural_Thickening", "", "", "", 0, false},
	{11, "Frontal chest x-ray diagnosed with absence of hazy opacity, fluid in the pleural cavity or pulmonary infection.", "", "Effusion Pneumonia Infiltration", "", "", 0, false},
	{12, "Standing PA view. Man, 29 years where there is an infiltrate, hyperinflation and marked thickening of the pleura, the remainder of the lungs is clear", "Infiltration Pleural_Thickening Emphysema", "", "PA", "M", 3, false},
	{13, "Create an image of a nohting is wrong in AP radiograph in a female age group 60 to 69.", "Normal", "", "AP", "F", 7, false},
	{14, "Mobile chest x-ray positive for retrocardiac atelectasis", "Atelectasis", "", "AP", "", 0, false},
	{15, "taken in bed. guy about 28 years old revealing no big heart or clear intrathoracic stomach is seen; there is fibrothorax and lobar consolidation and nodule and opacity compatible with pneumonia.", "Pneumonia Consolidation Nodule Pleural_Thickening", "Cardiomegaly Hernia", "AP", "M", 3, false},
	{16, "Without hyperinnflation", "", "Emphysema", "", "", 0, false},
	{17, "Enlarged cardiac shadow: none. - consolidative opacity: 1. - lump in the lung: 1. - hernia of the stomach: 1. - thank you for the referral. - overinflation: 1. - M. - pulmonary venous congestion: none. - pulmonary nodules: 1", "Consolidation Nodule Mass Emphysema Hernia", "Cardiomegaly Edema", "", "M", 0, false},
	{18, "FINDINGS: THERE IS NO AIR OUTSIDE THE LUNG - PERSISTENT MINIMAL LEFT EMPHYSEMA. IMPRESSION: LEFT BASILAR LUNG HYPERINFLATION.", "Emphysema", "Pneumothorax", "", "", 0, false},
	{19, "no definite enlarged heart however hh is present. 93 year old, cxr ap", "Hernia", "Cardiomegaly", "AP", "", 10, false},
	{20, "an image of a female patient shows w/o linear scarring or pleural effusion.", "", "Effusion Fibrosis", "", "F", 0, false},
	{21, "portable view of m: clear lung fields with no fluid around the lungs, obvious air between the lung and the chest wall, or barrel chest", "Normal", "Effusion Pneumothorax Emphysema", "AP", "M", 0, false},
	{22, "give me a unremarkable chest x-ray on frontal chest x-ray. M: 72.", "Normal", "", "", "M", 8, false},
	{23, "lll hyperinflation, a lt pulmonary mass and subacute spots on the lung; portable in a newborn baby", "Nodule Mass Emphysema", "", "AP", "", 1, true},
	{24, "posterior to anterior view 77 years old men shows lung scar", "Fibrosis", "", "PA", "M", 8, false},
	{25, "posteroanterior chest radiograph who has widened cardiac silhouette and a pleural fluid collection", "Effusion Cardiomegaly", "", "PA", "", 0, false},
	{26, "Rll fluffy infiltrates visible on x ray: male, for my lecture.", "Infiltration", "", "", "M", 0, false},
	{27, "PA chest radiograph; no acute abnormality is identiffied", "Normal", "", "PA", "", 0, false},
	{28, "1) SIGNS OF ENLARGED HEART. 2) PATCHY OPACITY IN THE LUNG. 3. DEMONSTRATES SUBACUTE CHRONIC OBSTRUCTIVE LUNG DISEASE. 4. OPACITIES IN KEEPING WITH INFECTION. NONAGENARIAN.", "Cardiomegaly Pneumonia Infiltration Emphysema", "", "", "", 10, false},
	{29, "A high quality known large bands of atelectasis.", "Atelectasis", "", "", "", 0, false},
	{30, "Clinical information: dyspnea. Report: the visualized skeleton is intact. No acute cardiopulmonary abnormality. IMPRESSION: no acute disease.", "Normal", "", "", "", 0, false},
	{31, "Comparison is made to the prior study. Findings: no radiographic evidence of bilateral big heart or viral pneumonia. Questionable well-defined effusion, lung fibrosis and a rll pneumothorax. May represent segmental collapse, small upper lobe pulmonary mass and pulmonary vascular congestion. Shoulder replacement. Upright PA chest x-ray: someone.", "Effusion Pneumothorax Edema Atelectasis Mass Fibrosis", "Cardiomegaly Pneumonia", "PA", "", 0, false},
}
