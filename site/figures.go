package site

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// figures are those of each finding, which command findings writes.
type figures struct {
	Findings []struct {
		Name       string
		Images     int
		Made, Real interval
		Shown, Few bool
	}
}

// interval is a figure with its bounds.
type interval struct{ Value, Low, High float64 }

func (v interval) String() string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", v.Value, v.Low, v.High)
}

func readFigures(source string) (f figures, err error) {
	text, err := os.ReadFile(filepath.Join(source, "app", "learn", "findings.json"))
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}
