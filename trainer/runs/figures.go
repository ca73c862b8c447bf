package runs

import "strings"

// RunFigures are the figures of a run so far.
type RunFigures struct {
	Steps      int
	Seconds    float64
	Parameters int                // values of the weights that were trained
	Last       map[string]float64 // each figure of the log, when it was last taken
}

// ReadFigures reads the figures of a run's folder.
func ReadFigures(dir string) (RunFigures, error) {
	t, err := OpenTrained(dir)
	if err != nil {
		return RunFigures{}, err
	}
	defer t.Close()
	f := RunFigures{Steps: t.Step, Seconds: t.Seconds, Last: map[string]float64{}}
	for _, name := range t.file.Names() {
		if strings.HasPrefix(name, PrefixParam) {
			n := 1
			for _, d := range t.file.Shape(name) {
				n *= d
			}
			f.Parameters += n
		}
	}
	list, err := ReadLog(dir)
	if err != nil {
		return f, err
	}
	for _, line := range list {
		for name, v := range line {
			f.Last[name] = v
		}
	}
	return f, nil
}
