package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/table"
)

// ErrUnknown is wrapped by the error of tables with values that are not
// understood.
var ErrUnknown = errors.New("dataset: not understood")

// Unknown is a value of a table that is not understood.
type Unknown struct {
	Column   string   `json:"column"` // label, view, sex, age, the head of a column of a finding, or "head"
	Value    string   `json:"value"`
	Count    int      `json:"count"`
	Examples []string `json:"examples"` // tables and lines
	// Harmless says that the head is of a column that nothing is lost with.
	Harmless bool `json:"harmless,omitempty"`
}

// Bounds of what is said of unknown values.
const (
	maxUnknown      = 1000 // different ones; the rest is counted together
	unknownExamples = 3
	unknownNamed    = 12 // in an error
	maxValuePrinted = 60 // bytes
)

// unknowns counts what is not understood.
type unknowns struct {
	list []Unknown
	at   map[string]int
}

func (u *unknowns) add(column, value, where string) *Unknown {
	value = short(value)
	key := column + "\x00" + strings.ToLower(value)
	if u.at == nil {
		u.at = map[string]int{}
	}
	i, ok := u.at[key]
	switch {
	case ok:
	case len(u.list) > maxUnknown:
		i = maxUnknown
	default:
		if i = len(u.list); i == maxUnknown {
			column, value = "any", "(more values)"
		} else {
			u.at[key] = i
		}
		u.list = append(u.list, Unknown{Column: column, Value: value})
	}
	x := &u.list[i]
	if x.Count++; len(x.Examples) < unknownExamples {
		x.Examples = append(x.Examples, where)
	}
	return x
}

// head notes a column that is not known. It stops nothing, unless its name is
// a known one's but for a letter or two, or the table has no known column that
// says what the images show.
func (u *unknowns) head(name, path string, nothingSaid bool) {
	value := name
	near := nearColumn(table.Key(name))
	if near != "" {
		value += " (" + near + "?)"
	}
	u.add("head", value, path).Harmless = near == "" && !nothingSaid
}

// nearColumn is the name of a known column that a name is near to.
func nearColumn(key string) string {
	var found string
	for known := range columnOf {
		if near := distance(key, known); len(key) >= 3 && len(known) >= 3 && near <= 1+(len(known)-1)/6 && (len(known) > 5 || len(key) != len(known) || sameLetters(key, known)) {
			if name := columnNames[columnOf[known]][0]; found == "" || name < found {
				found = name
			}
		}
	}
	return found
}

// sameLetters reports whether two words differ in the order of their letters
// alone. Of short words, those that differ in a letter are others: set, sex.
func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return string(x) == string(y)
}

// distance is in how many letters two words differ (Levenshtein 1966), with a
// swap of neighbours for one (Damerau 1964).
func distance(a, b string) int {
	if len(a) > maxValuePrinted || len(b) > maxValuePrinted {
		return maxValuePrinted
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// sorted is what was counted, the most frequent first.
func (u *unknowns) sorted() []Unknown {
	list := slices.Clone(u.list)
	slices.SortStableFunc(list, func(a, b Unknown) int { return b.Count - a.Count })
	return list
}

// refuse is the error of the values that are not harmless; nil where there are
// none.
func refuseUnknown(list []Unknown) error {
	var named []string
	more := 0
	for _, x := range list {
		switch {
		case x.Harmless:
		case len(named) == unknownNamed:
			more++
		default:
			named = append(named, fmt.Sprintf("%s %q, %s (%s)", x.Column, x.Value, counted(x.Count), x.Examples[0]))
		}
	}
	if len(named) == 0 {
		return nil
	}
	if more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("%w: %s; correct the table, or give --allow-unknown, which names unknown labels in captions as they are written and leaves out other values", ErrUnknown, strings.Join(named, "; "))
}

func counted(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// short cuts a value to what an error prints.
func short(value string) string {
	if len(value) <= maxValuePrinted {
		return value
	}
	return strings.ToValidUTF8(value[:maxValuePrinted], "") + "…"
}
