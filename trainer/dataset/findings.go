package dataset

// finding is how people speak of a finding. Names and clauses say what the
// label says and no more: no side, no degree. In a clause braces enclose the
// words that speak of the finding; without braces all of them do.
type finding struct {
	topic Topic
	label string
	one   []string // names that take an article: "pleural effusion"
	names []string // names that take none: "cardiomegaly", "nodules"
	// more are names for the training of the text encoder alone: abbreviations
	// and loose words.
	more    []string
	present []string // whole clauses: "the heart is enlarged"
	absent  []string // whole clauses: "heart size is normal"
	// held are names that no caption uses: they measure how well the text
	// encoder understands what it was not trained with.
	held []string
	// target says that captions which list everything list this finding.
	target bool
}

var findings = []finding{
	{
		topic: TopicEffusion, label: "Effusion", target: true,
		one:   []string{"pleural effusion", "effusion", "pleural fluid collection"},
		names: []string{"pleural effusion", "effusion", "pleural effusions", "pleural fluid", "fluid around the lung", "fluid in the pleural space", "effusions"},
		more: []string{"eff", "effus", "pl effusion", "pl eff", "pleural eff", "fluid around the lungs", "fluid between the lung and the chest wall", "water around the lung",
			"parapneumonic effusion", "fluid outside the lung", "layering pleural fluid", "layering effusion", "loculated effusion", "loculated pleural fluid", "subpulmonic effusion",
			"accumulation of pleural fluid", "fluid in the pleural cavity", "fluid at the lung base", "costophrenic angle blunting", "blunted costophrenic angles",
			"effusive changes", "meniscus sign", "fluid in the chest cavity", "liquid around the lung", "pleural liquid", "hydrothorax", "fluid on the lung"},
		present: []string{"there is {fluid in the pleural space}", "{blunting of the costophrenic angle}", "the {costophrenic angle is blunted}", "{costophrenic angles are blunted}",
			"{fluid surrounds the lung}", "there is {pleural fluid}", "{fluid has collected around the lung}", "{obscured costophrenic angle}", "the {costophrenic sulcus is blunted}",
			"{fluid blunts the costophrenic angle}"},
		absent: []string{"{costophrenic angles are sharp}", "the {costophrenic angles are clear}", "{sharp costophrenic angles}", "the {pleural spaces are free of fluid}",
			"no {fluid in the pleural space}", "{costophrenic angles are not blunted}", "no {blunting of the costophrenic angles}", "{clear costophrenic angles}",
			"the {costophrenic sulci are sharp}", "the {pleural spaces are clear}", "{costophrenic angles are preserved}"},
		held: []string{"fluid collection in the pleural cavity", "accumulation of fluid around the lung"},
	},
	{
		topic: TopicCardiomegaly, label: "Cardiomegaly", target: true,
		one:   []string{"enlarged heart", "enlarged cardiac silhouette", "big heart"},
		names: []string{"cardiomegaly", "enlarged heart", "enlargement of the heart", "cardiac enlargement", "enlarged cardiac silhouette", "heart enlargement"},
		more: []string{"big heart", "cmegaly", "cardiomeg", "large heart", "dilated heart", "enlarged cardiac shadow", "enlarged cardiac contour", "enlarged cardiomediastinal silhouette", "megalocardia",
			"prominent cardiac silhouette", "prominent heart", "widened cardiac silhouette", "widened heart shadow", "increased heart size", "increased cardiothoracic ratio",
			"enlarged heart size", "cardiac silhouette enlargement", "oversized heart", "swollen heart", "globular heart", "boot shaped heart", "increased cardiac size"},
		present: []string{"the {heart is enlarged}", "the {cardiac silhouette is enlarged}", "{heart size is enlarged}", "{heart is enlarged}", "the {heart is big}", "the {heart is too big}",
			"the {cardiac silhouette is prominent}", "{heart size is increased}", "the {cardiothoracic ratio is increased}", "{cardiac size is enlarged}", "the {heart appears enlarged}",
			"the {heart looks big}", "the {cardiac contour is enlarged}", "the {cardiomediastinal silhouette is enlarged}", "the {heart is large}", "the {heart is wider than normal}",
			"{heart is larger than normal}", "the {cardiac shadow is enlarged}", "the {heart is dilated}", "{cardiac silhouette above normal limits}"},
		absent: []string{"{heart size is normal}", "the {heart is normal in size}", "the {cardiac silhouette is normal}", "the {heart is not enlarged}", "{normal heart size}", "{normal cardiac silhouette}",
			"{heart size within normal limits}", "{heart size is within normal limits}", "the {cardiac silhouette is not enlarged}", "{heart normal}", "{heart is normal}", "the {heart is of normal size}",
			"the {cardiac silhouette is within normal limits}", "the {cardiac contour is normal}", "{cardiomediastinal silhouette is normal}", "the {cardiothoracic ratio is normal}",
			"{heart not enlarged}", "{normal sized heart}", "{cardiac size is normal}", "the {heart is not big}", "the {heart size is unremarkable}", "{normal cardiomediastinal silhouette}",
			"the {cardiomediastinal silhouette is within normal limits}", "the {heart is normal}", "{normal heart}", "the {heart shadow is normal}", "{unremarkable heart size}", "{heart size normal}"},
		held: []string{"enlargement of the cardiac silhouette", "enlarged heart shadow"},
	},
	{
		topic: TopicPneumothorax, label: "Pneumothorax", target: true,
		one:   []string{"pneumothorax", "collapsed lung"},
		names: []string{"pneumothorax", "collapsed lung", "air in the pleural space", "pneumothoraces"},
		more: []string{"PTX", "ptx", "pnx", "pneumo", "punctured lung", "popped lung", "air around the lung", "air leak around the lung", "tension pneumothorax", "apical pneumothorax", "free pleural air",
			"pleural air", "air outside the lung", "air between the lung and the chest wall", "deflated lung", "visible pleural line with absent lung markings",
			"collapse of the lung", "lung collapse from air", "pneumo thorax", "spontaneous pneumothorax", "loculated pneumothorax", "air in the chest cavity", "trapped air outside the lung"},
		present: []string{"there is {air in the pleural space}", "the {lung is collapsed}", "the {lung has collapsed}", "{air has escaped around the lung}", "a {visceral pleural line is visible}",
			"a {pleural line is seen with no lung markings beyond it}", "the {lung has come away from the chest wall}"},
		absent: []string{"the {lung is not collapsed}", "no {air in the pleural space}", "the {lungs are fully expanded}", "no {collapsed lung}", "no {visceral pleural line}", "{both lungs are expanded}",
			"no {pleural air}", "no {collapse of the lung}"},
		held: []string{"air collection in the pleural cavity", "collapsed lung from pleural air"},
	},
	{
		topic: TopicPneumonia, label: "Pneumonia", target: true,
		one:   []string{"pneumonia", "lung infection"},
		names: []string{"pneumonia", "lung infection", "infection of the lung", "bronchopneumonia", "pulmonary infection"},
		more: []string{"PNA", "pna", "pneum", "chest infection", "infectious process", "infection in the lung", "lobar pneumonia", "viral pneumonia", "bacterial pneumonia", "aspiration pneumonia",
			"community acquired pneumonia", "CAP", "atypical pneumonia", "pneumonitis", "infectious airspace disease", "pneumonic changes",
			"infected lung", "opacity consistent with pneumonia", "opacity compatible with pneumonia", "infectious infiltrate", "multifocal pneumonia",
			"inflammation of the lung due to infection", "lower respiratory tract infection", "LRTI", "walking pneumonia",
			"superimposed infection", "acute infection", "hospital acquired pneumonia", "infection of lung tissue"},
		present: []string{"findings of {pneumonia}", "the {lung is infected}", "the patient has {pneumonia}", "the {lungs are infected}", "{pneumonia is suspected}",
			"{opacities in keeping with infection}", "{opacity in keeping with pneumonia}", "{opacity suspicious for infection}"},
		absent: []string{"no evidence of {pneumonia}", "no {infection}", "no signs of {infection}", "no evidence of {infection}", "no {lung infection}", "the {lungs are not infected}", "no {infectious process}",
			"no evidence of {infectious process}", "nothing to suggest {infection}", "nothing to suggest {pneumonia}", "no {pneumonic process}"},
		held: []string{"pneumonic infection", "infectious lung disease"},
	},
	{
		topic: TopicConsolidation, label: "Consolidation", target: true,
		one:   []string{"consolidation", "airspace consolidation", "area of consolidation"},
		names: []string{"consolidation", "airspace consolidation", "consolidations", "consolidated lung", "pulmonary consolidation"},
		more: []string{"consol", "airspace opacity", "airspace opacities", "airspace opacification", "airspace disease", "alveolar consolidation", "alveolar opacity", "alveolar opacities", "lung consolidation",
			"dense opacification", "consolidative opacity", "consolidative change", "consolidative changes", "air bronchograms", "air space consolidation", "air space opacity", "air space disease",
			"solid lung", "solidified lung", "lobar consolidation", "airspace filling", "confluent opacity", "confluent opacities", "focal airspace disease", "consolidated lung tissue", "alveolar filling"},
		present: []string{"an {area of consolidation}", "the {lung is consolidated}", "the {lobe is consolidated}", "{air bronchograms are seen}", "the {airspaces are filled}", "the {lung has solidified}",
			"a {consolidated area}", "{consolidated areas in the lung}"},
		absent: []string{"no focal {consolidation}", "there is no focal {consolidation}", "the {lungs are not consolidated}", "no {airspace disease}", "no focal {airspace disease}", "no {airspace opacity}",
			"no {air bronchograms}", "no {consolidated area}", "no focal {airspace consolidation}"},
		held: []string{"consolidative airspace opacity", "area of consolidated lung"},
	},
	{
		topic: TopicEdema, label: "Edema", target: true,
		names: []string{"pulmonary edema", "edema", "lung edema", "pulmonary oedema", "pulmonary vascular congestion", "fluid in the lungs", "interstitial edema"},
		more: []string{"CHF", "chf", "oedema", "pulm edema", "pulm oedema", "congestive heart failure", "heart failure", "vascular congestion", "pulmonary congestion", "alveolar edema", "interstitial oedema",
			"fluid overload", "volume overload", "water on the lungs", "water in the lungs", "wet lungs", "congested lungs", "cardiogenic edema", "flash pulmonary edema", "decompensated heart failure",
			"congestive changes", "congestion", "cephalization", "kerley b lines", "pulmonary venous congestion", "vascular redistribution", "swelling in the lungs", "edematous lungs", "cardiac failure",
			"pulmonary venous hypertension", "fluid inside the lungs", "lungs full of fluid", "perihilar edema", "batwing opacities", "congestive failure", "edematous changes", "alveolar oedema"},
		present: []string{"{pulmonary vascular congestion and edema}", "findings of {pulmonary edema}", "the {lungs are congested}", "the {pulmonary vessels are congested}", "the {lungs are wet}",
			"the {lungs are edematous}", "the {pulmonary vasculature is engorged}", "the {pulmonary vasculature is congested}", "{fluid has built up in the lungs}", "the {patient is fluid overloaded}",
			"{kerley b lines are seen}", "findings of {congestive heart failure}", "the {heart is failing with fluid in the lungs}"},
		absent: []string{"the {pulmonary vasculature is normal}", "{pulmonary vascularity is normal}", "no {fluid in the lungs}", "no {congestion}", "no evidence of {heart failure}", "no {vascular congestion}",
			"the {pulmonary vessels are normal}", "no {kerley lines}", "no evidence of {congestive failure}", "{normal pulmonary vascularity}", "the {lungs are not congested}", "no {pulmonary venous congestion}",
			"{pulmonary vasculature within normal limits}"},
		held: []string{"edema of the lungs", "congested pulmonary vessels"},
	},
	{
		topic: TopicInfiltration, label: "Infiltration", target: true,
		one:   []string{"infiltrate", "pulmonary infiltrate"},
		names: []string{"infiltrate", "infiltration", "pulmonary infiltrates", "infiltrates", "lung infiltrates", "hazy opacities", "patchy infiltrates"},
		more: []string{"infil", "infiltr", "hazy opacity", "patchy opacity", "patchy opacities", "hazy infiltrate", "interstitial infiltrate", "interstitial infiltrates", "lung infiltrate", "haziness in the lung",
			"infiltrative changes", "infiltrative opacity", "patchy infiltrate", "ground glass opacity", "ground glass opacities", "GGO", "interstitial opacities", "interstitial markings",
			"hazy shadowing", "patchy shadowing", "lung shadowing", "hazy patches", "hazy areas in the lung", "fluffy infiltrates", "alveolar infiltrate", "alveolar infiltrates", "increased interstitial markings",
			"perihilar infiltrates", "cloudy areas in the lung", "cloudiness in the lung", "pulmonary infiltration", "cloudy patches", "shadow on the lung", "shadows in the lungs"},
		present: []string{"{hazy opacity in the lung}", "{hazy opacities in the lungs}", "{interstitial markings are increased}", "the {lungs look hazy}", "the {lung is hazy}", "there is {haziness in the lungs}",
			"the {lungs are infiltrated}", "{infiltrates in the lungs}", "{patchy opacity in the lung}"},
		absent: []string{"no {infiltrates are seen}", "no {hazy opacity}", "no {patchy opacity}", "the {lungs are not hazy}", "no focal {infiltrate}", "no {haziness}", "no {shadowing}"},
		held:   []string{"hazy infiltrative opacities", "infiltrates of the lung"},
	},
	{
		topic: TopicAtelectasis, label: "Atelectasis", target: true,
		one:   []string{"area of atelectasis"},
		names: []string{"atelectasis", "volume loss", "lung volume loss", "linear atelectasis", "plate-like atelectasis", "subsegmental atelectasis", "atelectatic change"},
		more: []string{"ATX", "atx", "atel", "atelect", "atelectases", "discoid atelectasis", "basilar atelectasis", "bibasilar atelectasis", "dependent atelectasis", "platelike atelectasis", "lobar collapse",
			"segmental collapse", "partial lung collapse", "partial collapse", "partially collapsed lung", "collapse of a lobe", "lobe collapse", "compressive atelectasis", "atelectatic changes", "atelectatic bands",
			"linear opacity of atelectasis", "loss of volume", "collapsed lobe", "airless lung", "collapsed alveoli", "incomplete lung expansion", "collapsed lung tissue at the base", "band atelectasis",
			"retrocardiac atelectasis", "lobar atelectasis", "bands of atelectasis", "collapsed segment", "under-inflated lung segment"},
		present: []string{"{linear opacity of atelectasis}", "there is {volume loss}", "the {lobe has collapsed}", "the {lobe is collapsed}", "the {lung has lost volume}", "the {lung bases are atelectatic}",
			"part of the {lung is not inflated}", "the {lung is partly collapsed}", "{crowding of vessels from volume loss}", "the {lower lobe is atelectatic}"},
		absent: []string{"no {lobar collapse}", "no {volume loss}", "no {atelectatic change}", "no {loss of volume}", "no {collapsed lobe}"},
		held:   []string{"atelectatic lung", "loss of lung volume"},
	},
	{
		topic: TopicNodule, label: "Nodule",
		one:   []string{"lung nodule", "pulmonary nodule", "nodule"},
		names: []string{"lung nodule", "pulmonary nodules", "nodules", "nodular opacity", "pulmonary nodule", "lung nodules"},
		more: []string{"nodular opacities", "coin lesion", "solitary pulmonary nodule", "SPN", "nod", "nodular density", "nodular lesion", "calcified nodule", "nodular shadow", "spot on the lung", "spots on the lung",
			"spot on the lungs", "nodular lesions", "noncalcified nodule", "small round lesion", "round spot in the lung", "lung spot", "multiple nodules", "calcified granuloma", "granuloma", "nodular densities",
			"nodularity", "pulm nodule", "round opacity", "rounded opacity", "round nodule", "subpleural nodule", "nodular focus"},
		present: []string{"{nodular opacity}", "a {nodular opacity is seen}", "a {round spot is seen in the lung}", "the {lung has a nodule}", "there are {nodules in the lung}", "a {nodule projects over the lung}"},
		absent:  []string{"no {nodular opacity}", "no {suspicious nodule}", "no {lung nodules are seen}", "no {spot on the lung}"},
		held:    []string{"nodular lung lesion", "rounded nodular opacity"},
	},
	{
		topic: TopicMass, label: "Mass",
		one:   []string{"lung mass", "mass", "pulmonary mass", "mass in the lung"},
		names: []string{"lung mass", "mass", "masses", "pulmonary masses", "lung tumor", "lung tumour"},
		more: []string{"tumor", "tumour", "lung cancer", "mass lesion", "mass-like opacity", "masslike opacity", "hilar mass", "mediastinal mass", "neoplasm", "lung neoplasm", "malignancy", "bronchogenic carcinoma",
			"carcinoma", "large lesion", "lung growth", "growth in the lung", "tumor in the lung", "tumour in the lung", "space occupying lesion", "soft tissue mass", "spiculated mass", "cavitating mass",
			"mass in the chest", "malignant mass", "primary lung malignancy", "lump in the lung", "lung lump", "big lump in the lung", "mass like lesion", "cancerous growth", "lung malignancy"},
		present: []string{"there is a {mass in the lung}", "the {lung has a mass}", "a {tumor is seen in the lung}", "a {growth is seen in the lung}", "a {mass projects over the lung}", "the {lung has a tumour}"},
		absent:  []string{"no {suspicious mass}", "no {tumor}", "no {mass in the lung}", "no {evidence of malignancy}", "no {tumour}", "no {sign of cancer}"},
		held:    []string{"tumor mass", "mass lesion of the lung"},
	},
	{
		topic: TopicPleuralThickening, label: "Pleural_Thickening",
		names: []string{"pleural thickening", "thickened pleura", "thickening of the pleura"},
		more: []string{"pleural scarring", "pleural plaque", "pleural plaques", "apical pleural thickening", "apical cap", "apical capping", "pleural thick", "pl thickening", "thick pleura", "pleural fibrosis",
			"calcified pleural plaques", "thickened pleural lining", "thick lung lining", "thickening of the lung lining", "pleural peel", "biapical pleural thickening", "pleuroparenchymal thickening", "thickened lung lining",
			"diffuse pleural thickening", "fibrothorax"},
		present: []string{"the {pleura is thickened}", "the {pleura is thick}", "the {lining of the lung is thickened}", "{pleural surfaces are thickened}", "the {pleural lining is thickened}"},
		absent:  []string{"the {pleura is not thickened}", "the {pleura is normal}", "the {pleura is thin}", "{pleural surfaces are smooth}", "{normal pleura}"},
		held:    []string{"thickening of the pleural lining", "thickened pleural surfaces"},
	},
	{
		topic: TopicFibrosis, label: "Fibrosis",
		names: []string{"fibrosis", "pulmonary fibrosis", "scarring", "lung scarring", "fibrotic changes", "scarring of the lung", "interstitial fibrosis"},
		more: []string{"fibrotic change", "fibrotic scarring", "IPF", "ILD", "interstitial lung disease", "scar", "scars", "lung scar", "parenchymal scarring", "honeycombing", "fibrous scarring", "fibrotic bands", "fibrotic lungs",
			"idiopathic pulmonary fibrosis", "lung fibrosis", "fibros", "fibrotic lung disease", "fibrous changes", "linear scarring", "apical scarring", "scar tissue", "scar tissue in the lung", "scarred lungs", "chronic scarring",
			"stiff scarred lungs", "fibrous strands", "reticular fibrosis", "pulm fibrosis", "scarred lung tissue", "basal fibrosis", "fibrotic scar", "scars on the lungs", "scars in the lung", "lung scars"},
		present: []string{"{fibrotic changes are present}", "{scarring in the lung}", "the {lungs are scarred}", "the {lung is scarred}", "the {lungs are fibrotic}", "there is {scar tissue in the lung}", "{honeycombing is seen}"},
		absent:  []string{"no {scarring}", "no {scar tissue}", "the {lungs are not scarred}", "no {fibrotic change}", "no {honeycombing}"},
		held:    []string{"fibrotic lung changes", "scar tissue of the lungs"},
	},
	{
		topic: TopicEmphysema, label: "Emphysema",
		names: []string{"emphysema", "hyperinflated lungs", "hyperinflation", "emphysematous changes", "chronic obstructive pulmonary disease", "pulmonary emphysema"},
		more: []string{"COPD", "copd", "emphysematous change", "hyperinflation of the lungs", "hyperexpanded lungs", "hyperexpansion", "overinflated lungs", "over-inflated lungs", "bullous emphysema", "bullous changes", "bullous disease", "bullae",
			"emphys", "air trapping", "overinflation", "hyperlucent lungs", "flattened diaphragms", "flattened hemidiaphragms", "flat diaphragms", "barrel chest", "obstructive lung disease", "chronic obstructive lung disease",
			"centrilobular emphysema", "lung hyperinflation", "overexpanded lungs", "emphysematous lungs", "emphysematous disease", "COPD changes", "smoker's lungs", "hyperaerated lungs", "overaerated lungs", "bullous lung disease"},
		present: []string{"the {lungs are hyperinflated}", "the {lungs are hyperexpanded}", "the {diaphragm is flattened}", "the {diaphragms are flattened}", "the {lungs are overinflated}", "the {lungs are emphysematous}", "{hemidiaphragms are flattened}",
			"the {lungs are hyperlucent}", "the {lungs are over-expanded}", "{lung volumes are increased}", "findings of {chronic obstructive pulmonary disease}"},
		absent: []string{"the {lungs are not hyperinflated}", "no {hyperinflation}", "no {emphysematous change}", "no {bullae}", "no {air trapping}", "the {diaphragms are not flattened}", "no {obstructive lung disease}"},
		held:   []string{"overinflation of the lungs", "emphysematous lung disease"},
	},
	{
		topic: TopicHernia, label: "Hernia",
		one:   []string{"hiatal hernia", "hernia", "diaphragmatic hernia"},
		names: []string{"hiatal hernia", "hernia", "hiatus hernia", "diaphragmatic hernia"},
		more: []string{"HH", "paraesophageal hernia", "sliding hiatal hernia", "stomach above the diaphragm", "herniated stomach", "gastric hernia", "retrocardiac hernia", "intrathoracic stomach", "stomach in the chest", "herniation", "hern",
			"sliding hernia", "hernia of the stomach", "oesophageal hernia", "paraoesophageal hernia", "esophageal hernia", "bochdalek hernia", "morgagni hernia", "herniation of the stomach", "hernia through the diaphragm",
			"stomach pushed into the chest", "retrocardiac air fluid level of a hernia"},
		present: []string{"a {hiatal hernia is seen}", "the {stomach is above the diaphragm}", "the {stomach has herniated into the chest}", "part of the {stomach lies in the chest}", "the {stomach bulges through the diaphragm}"},
		absent:  []string{"no {hiatal hernia is seen}", "no {herniation}", "the {stomach is below the diaphragm}"},
		held:    []string{"hernia of the diaphragm", "herniated stomach in the chest"},
	},
}

// normalNames and normalClauses speak of the normal chest.
var (
	normalNames = []string{"normal chest x-ray", "normal chest", "no finding", "normal chest radiograph", "clear lungs", "healthy chest", "no acute disease", "normal study", "healthy lungs",
		"no abnormality", "no findings"}
	normalMore = []string{"normal film", "normal examination", "normal lungs", "healthy", "healthy patient", "normal exam", "unremarkable chest", "unremarkable study", "no pathology", "nothing abnormal", "normal CXR", "normal cxr",
		"NAD", "nad", "no acute process", "no active disease", "no disease", "no abnormalities", "clear chest", "negative chest", "negative chest x-ray", "unremarkable chest x-ray", "normal radiograph", "normal x-ray",
		"no acute findings", "clean lungs", "clean chest", "no acute abnormality", "normal appearance", "normal frontal radiograph", "clear lung fields", "nothing wrong", "no significant abnormality",
		"no abnormal findings", "normal", "unremarkable", "WNL", "within normal limits", "disease free lungs", "no problem", "no acute cardiopulmonary process", "no acute cardiopulmonary disease", "no active lung disease"}
	normalClauses = []string{"the lungs are clear", "no acute cardiopulmonary abnormality", "no abnormality is seen",
		"normal chest", "no acute disease", "lungs are clear bilaterally", "no finding", "both lungs are clear", "the chest is normal", "the study is normal"}
	normalMoreClauses = []string{"no acute cardiopulmonary process", "no acute cardiopulmonary disease", "the lungs are clear and well expanded", "lungs clear", "lungs are clear", "the lung fields are clear", "everything is normal",
		"everything looks normal", "the film is normal", "the radiograph is normal", "the chest x-ray is normal", "the examination is normal", "the chest is clear", "no radiographic abnormality", "nothing is wrong",
		"nothing abnormal is seen", "no pathology is seen", "the lungs are normal", "the lungs look healthy", "the lungs are well aerated and clear", "unremarkable examination", "no acute abnormality is identified",
		"within normal limits", "no significant abnormality is seen", "no active cardiopulmonary disease", "there are no abnormalities", "there is no abnormality", "there is no disease", "no evidence of active disease",
		"no evidence of acute disease", "all within normal limits", "no evidence of disease", "no acute findings are seen", "all is well", "the heart and lungs are normal", "heart and lungs are normal", "lungs normal", "unremarkable lungs"}
	// normalDenied say that something is wrong, but not what.
	normalDenied = []string{"abnormal chest x-ray", "abnormal chest", "abnormal study", "the chest is abnormal", "the chest x-ray is not normal", "not a normal chest x-ray", "the study is abnormal", "abnormal radiograph", "abnormal film",
		"the film is abnormal", "the lungs are not clear", "not normal", "abnormal lungs", "the lungs are not normal"}
)
