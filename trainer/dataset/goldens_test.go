package dataset

var goldenSpeech = []struct {
	n                                int
	text, present, denied, view, sex string
	decade                           int
	child                            bool
}{}
