package dataset

// Claim is what a caption says of a finding.
type Claim uint8

// The claims.
const (
	Unsaid Claim = iota
	Present
	Denied
)

// Topic is what a word of a caption speaks of.
type Topic uint8

// The topics. Those from TopicEffusion to TopicNormal are claimed or denied;
// see [Facts.Claims].
const (
	TopicNone Topic = iota
	TopicEffusion
	TopicCardiomegaly
	TopicPneumothorax
	TopicPneumonia
	TopicConsolidation
	TopicEdema
	TopicInfiltration
	TopicAtelectasis
	TopicNodule
	TopicMass
	TopicPleuralThickening
	TopicFibrosis
	TopicEmphysema
	TopicHernia
	TopicNormal
	TopicView
	TopicSex
	TopicAge
	TopicChild

	// Topics is the number of topics.
	Topics = iota
)

// Claimed is the number of topics that a caption can claim or deny: the
// findings and the normal chest.
const Claimed = int(TopicNormal)

// Decades is the number of decades of age: 0 to 9 years is the first, the last
// is of 90 years and more.
const Decades = 10

// Facts are what a caption says. What it does not say is zero or empty.
type Facts struct {
	// Claims are indexed by topic − 1: the findings, then the normal chest.
	Claims [Claimed]Claim
	View   string // PA, AP or empty
	Sex    string // F, M or empty
	Decade int    // 1 + the decade of age, 1 to Decades; 0: unsaid
	Child  bool   // it says that the patient is a child
}

// Claim is what the facts say of a topic up to TopicNormal.
func (f *Facts) Claim(t Topic) Claim { return f.Claims[t-1] }

// Name is the topic's label in a manifest, such as Effusion; Normal of
// TopicNormal; empty for the other topics.
func (t Topic) Name() string {
	if t == TopicNormal {
		return "Normal"
	}
	for i := range findings {
		if findings[i].topic == t {
			return findings[i].label
		}
	}
	return ""
}

// decadeOf is Facts.Decade of an age in years.
func decadeOf(years int) int { return 1 + min(years/10, Decades-1) }
