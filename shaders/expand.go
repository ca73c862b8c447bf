package shaders

import (
	"fmt"
	"strconv"
	"strings"
)

// expand writes out the loops of a shader's text that the device must not run
// as loops: values in registers have no index. The rounds of "//for i SIZE" are
// those of a constant, whose number $SIZE is too.
func expand(text string, constants map[string]int) (string, error) {
	for name, n := range constants {
		text = strings.ReplaceAll(text, "$"+name, strconv.Itoa(n))
	}
	lines := strings.SplitAfter(text, "\n")
	var out strings.Builder
	rest, err := unroll(&out, lines, constants)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("shaders: //end without a loop")
	}
	return out.String(), err
}

// unroll writes lines until the //end that closes them and returns what is
// there from it on.
func unroll(out *strings.Builder, lines []string, constants map[string]int) ([]string, error) {
	for len(lines) > 0 {
		words := strings.Fields(lines[0])
		switch {
		case len(words) == 1 && words[0] == "//end":
			return lines, nil
		case len(words) == 3 && words[0] == "//for":
			rounds, ok := constants[words[2]]
			if !ok {
				var err error
				if rounds, err = strconv.Atoi(words[2]); err != nil {
					return nil, fmt.Errorf("shaders: %q says no number of rounds", strings.TrimSpace(lines[0]))
				}
			}
			var body strings.Builder
			rest, err := unroll(&body, lines[1:], constants)
			if err != nil {
				return nil, err
			}
			if len(rest) == 0 {
				return nil, fmt.Errorf("shaders: %q has no end", strings.TrimSpace(lines[0]))
			}
			for i := range rounds {
				out.WriteString(strings.ReplaceAll(body.String(), "$"+words[1], strconv.Itoa(i)))
			}
			lines = rest[1:]
		default:
			out.WriteString(lines[0])
			lines = lines[1:]
		}
	}
	return nil, nil
}
