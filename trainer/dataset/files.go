package dataset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// slashed is a path of a table with slashes, as Windows writes it or not.
func slashed(file string) string { return strings.ReplaceAll(file, `\`, "/") }

// localFile reports whether a path of a table stays in the table's folder.
func localFile(file string) bool {
	for _, name := range []string{file, slashed(file)} {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return false
		}
	}
	return !strings.ContainsRune(file, 0) && !(len(file) > 1 && file[1] == ':')
}

// Paths and names of which data sets make the number of the patient.
var (
	patientFolder = regexp.MustCompile(`(?:^|/)(patient\d+|p\d{8})/`)      // CheXpert, MIMIC-CXR
	patientName   = regexp.MustCompile(`(?:^|/)(\d{8})_\d{3}\.[a-zA-Z]+$`) // NIH ChestX-ray14
)

// patientOf is the patient of an image whose table does not say it: by the
// path, where it is one of a data set that we know, else the image is its own.
func patientOf(file string) string {
	for _, form := range []*regexp.Regexp{patientFolder, patientName} {
		if m := form.FindStringSubmatch(slashed(file)); m != nil {
			return m[1]
		}
	}
	return file
}

// finder finds files by the paths that tables give them: with the other slash,
// in another case or another form of Unicode where there is exactly one such
// file.
type finder struct {
	folders map[string]map[string][]string // names of a folder by sameFile
}

// sameFile is a name as it is compared, where the name itself is not there.
func sameFile(name string) string { return strings.ToLower(norm.NFC.String(name)) }

// find returns the path of a file, below a folder.
func (f *finder) find(folder, file string) (string, error) {
	for _, name := range []string{file, slashed(file)} {
		exact := filepath.Join(folder, filepath.FromSlash(name))
		if _, err := os.Stat(exact); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return exact, err
		}
	}
	at := folder
	for _, element := range strings.Split(path.Clean(slashed(file)), "/") {
		names := f.names(at)[sameFile(element)]
		switch len(names) {
		case 0:
			return "", fmt.Errorf("no such file: %s has no %q", at, element)
		case 1:
			at = filepath.Join(at, names[0])
		default:
			return "", fmt.Errorf("no such file: %q could be any of %q", element, names)
		}
	}
	return at, nil
}

func (f *finder) names(folder string) map[string][]string {
	if names, ok := f.folders[folder]; ok {
		return names
	}
	names := map[string][]string{}
	if list, err := os.ReadDir(folder); err == nil {
		for _, e := range list {
			names[sameFile(e.Name())] = append(names[sameFile(e.Name())], e.Name())
		}
	}
	if f.folders == nil {
		f.folders = map[string]map[string][]string{}
	}
	f.folders[folder] = names
	return names
}

// readFile reads a file of at most limit bytes. What is not a file, such as a
// pipe, is refused rather than waited for.
func readFile(path string, limit int64) ([]byte, error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", errors.Unwrap(err))
	case st.IsDir():
		return nil, errors.New("not a file: a folder")
	case !st.Mode().IsRegular():
		return nil, errors.New("not a file: a device or a pipe")
	case st.Size() > limit:
		return nil, fmt.Errorf("too large: a file of more than %d bytes", limit)
	case st.Size() == 0:
		return nil, errors.New("empty file: it has no byte")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", errors.Unwrap(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("too large: a file of more than %d bytes", limit)
	}
	return data, nil
}

// maxListed bounds the files that are looked for which no table names.
const maxListed = 100_000

// unnamed lists the files in the folders of the manifests that no row names,
// relative to theirs, and that are not the manifests. Other things than files
// are left out, as are files whose names begin with a point.
func unnamed(manifests []string, named map[string]bool) []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range manifests {
		if abs, err := filepath.Abs(m); err == nil {
			seen[abs] = true
		}
	}
	for _, m := range manifests {
		folder := filepath.Dir(m)
		// A folder that cannot be read hides nothing that a row names.
		_ = filepath.WalkDir(folder, func(p string, d fs.DirEntry, err error) error {
			switch {
			case len(seen) > maxListed:
				return fs.SkipAll
			case err != nil:
				return fs.SkipDir
			}
			if p != folder && strings.HasPrefix(d.Name(), ".") {
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			abs, err := filepath.Abs(p)
			if err != nil || !d.Type().IsRegular() || seen[abs] {
				return nil
			}
			seen[abs] = true
			if !named[abs] {
				if rel, err := filepath.Rel(folder, p); err == nil {
					list = append(list, filepath.ToSlash(rel))
				}
			}
			return nil
		})
	}
	return list
}
