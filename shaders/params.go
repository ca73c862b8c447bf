package shaders

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Field is a field of a shader's Params.
type Field struct {
	Name  string
	Words int  // of four bytes: 1, or those of a vector or matrix
	Float bool // f32; else u32
}

var (
	paramsStruct = regexp.MustCompile(`(?m)^struct Params \{\n((?s:.*?))^\}`)
	paramsField  = regexp.MustCompile(`^\s*(\w+): (?:(vec2|vec4|mat4x4)<([uf]32)>|([uf]32)),`)
	paramsOf     sync.Map // of a file: []Field or an error
)

// Params returns the fields of a shader's Params in their order, as its source
// declares them. They lie one after the other, without gaps.
func (s Source) Params() ([]Field, error) {
	if known, ok := paramsOf.Load(s.File); ok {
		if err, ok := known.(error); ok {
			return nil, err
		}
		return known.([]Field), nil
	}
	source, err := sources.ReadFile(s.File)
	var fields []Field
	if err == nil {
		fields, err = parseParams(string(source))
	}
	if err != nil {
		err = fmt.Errorf("shaders: %s: %w", s.File, err)
		paramsOf.Store(s.File, err)
		return nil, err
	}
	paramsOf.Store(s.File, fields)
	return fields, nil
}

func parseParams(source string) ([]Field, error) {
	body := paramsStruct.FindStringSubmatch(source)
	if body == nil {
		return nil, fmt.Errorf("it declares no struct Params")
	}
	var fields []Field
	at := 0
	for text := range strings.Lines(body[1]) {
		m := paramsField.FindStringSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("the field %q of Params is of no known type", strings.TrimSpace(text))
		}
		f := Field{Name: m[1], Words: 1, Float: m[3]+m[4] == "f32"}
		align := 1 // WGSL aligns a vector to its size, a matrix as its columns
		switch m[2] {
		case "vec2":
			f.Words, align = 2, 2
		case "vec4":
			f.Words, align = 4, 4
		case "mat4x4":
			f.Words, align = 16, 4
		}
		if at%align != 0 {
			return nil, fmt.Errorf("a gap lies before the field %s of Params", f.Name)
		}
		at += f.Words
		fields = append(fields, f)
	}
	return fields, nil
}
