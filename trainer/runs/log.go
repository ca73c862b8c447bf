package runs

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// ReadLog returns the figures of a run's log, one entry per step. It leaves out a
// last line that was cut short.
func ReadLog(dir string) ([]map[string]float64, error) {
	f, err := os.Open(filepath.Join(dir, LogFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []map[string]float64
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line map[string]float64
		if json.Unmarshal(lines.Bytes(), &line) == nil {
			list = append(list, line)
		}
	}
	return list, nil
}

// lastFigures returns the figures of held-out patients, whose names begin with
// test_, from the last evaluation; none where there is no log.
func lastFigures(dir string) map[string]float64 {
	figures := map[string]float64{}
	list, _ := ReadLog(dir)
	for _, line := range list {
		for name, v := range line {
			if strings.HasPrefix(name, "test_") {
				figures[name] = v
			}
		}
	}
	return figures
}
