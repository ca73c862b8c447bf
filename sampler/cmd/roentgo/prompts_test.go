package main

import (
	"errors"
	"strings"
	"testing"
)

// FuzzPrompts reads any table: misuse that says where, or rows whose names are
// those of files.
func FuzzPrompts(f *testing.F) {
	for _, text := range []string{
		"prompt,seed,negative,name\n\"no effusion, normal\",5,,a\nb,,c,d\n", "prompt;seed\nx;18446744073709551615\n", "Prompt\tNAME\nx\t../../x\n",
		"\xef\xbb\xbfprompt\nx\n", "\xff\xfep\x00r\x00o\x00m\x00p\x00t\x00\n\x00x\x00\n\x00", "\xfe\xff\x00p\x00r", "prompt,prompt\na,b\n", "prompt\n\"x", "prompt,name\nx,CON\ny,con.png\n",
		",prompt\n0,x\n", "prompt,seed\nx,-1\n", "prompt,name\nx,a\ny,A\n", "prompt\r\nx\r\n\r\n", "prompt,name\nx,\u202e\n", "\n", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := parsePrompts(t.Context(), "prompts.csv", strings.NewReader(string(text)))
		if err != nil {
			if !errors.As(err, new(misuse)) || !strings.HasPrefix(err.Error(), "prompts.csv") {
				t.Fatalf("error %v", err)
			}
			return
		}
		names := map[string]bool{}
		for i, r := range rows {
			if checkName(r.name, ".png") != nil || names[sameName(r.name)] {
				t.Fatalf("row %d is called %q", i, r.name)
			}
			names[sameName(r.name)] = true
		}
	})
}
