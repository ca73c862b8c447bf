package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// standardOutput is the --out that is no file.
const standardOutput = "-"

// checkOut refuses an --out that does not say what will be there.
func (f *sampleFlags) checkOut() error {
	extension := strings.ToLower(filepath.Ext(f.out))
	switch {
	case f.out == "":
		return misuse{errors.New(`--out "": the name of a file is needed, or - for the standard output`)}
	case f.out == standardOutput:
		if f.prompts != "" || f.request.Count > 1 || f.json {
			return misuse{errors.New("--out - takes one image, and nothing else on the standard output (leave out --prompts, --count and --json)")}
		}
	case f.prompts == "" && extension != ".png" && extension != dicomExtension && extension != "":
		return misuse{fmt.Errorf("--out %s: images are PNG files, or DICOM files; give it a name that ends in .png or in %s", f.out, dicomExtension)}
	}
	return nil
}

// checkOutput refuses, before any work is done, what could not be written
// after it.
func checkOutput(path string, overwrite bool) error {
	err := atomicfile.Check(path, overwrite)
	switch {
	case errors.Is(err, atomicfile.ErrExists):
		return misuse{fmt.Errorf("%s exists already (use --force to overwrite it, or another --out)", path)}
	case errors.Is(err, atomicfile.ErrSpecial):
		return misuse{fmt.Errorf("%w; --out is the file to write", err)}
	}
	return err
}

// writable tries whether a file can be made in a folder.
func writable(dir string) error {
	probe := atomicfile.TemporaryName(dir)
	file, err := os.OpenFile(probe, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("cannot write to the folder %s: %w", dir, errors.Unwrap(err))
	}
	return errors.Join(file.Close(), os.Remove(probe))
}

// maxName is how many bytes the name of a file may have, on every usual system.
const maxName = 255

// reserved are names that Windows keeps for devices, with any extension.
var reserved = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "conin$": true, "conout$": true}

func init() {
	for _, device := range []string{"com", "lpt"} {
		for _, n := range "0123456789¹²³" {
			reserved[device+string(n)] = true
		}
	}
}

// checkName says why a name, to which an extension is added, could not be that
// of a file on every usual system; nil if it could.
func checkName(name, extension string) error {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch {
	case !utf8.ValidString(name):
		return errors.New("it is not UTF-8 text")
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) }):
		return errors.New("it holds a character that is not shown")
	case strings.ContainsAny(name, `<>:"/\|?*`):
		return errors.New(`it holds one of <>:"/\|?*`)
	case strings.HasPrefix(name, "."):
		return errors.New("it begins with a dot")
	case strings.HasSuffix(name, ".") || strings.TrimSpace(name) != name:
		return errors.New("it ends in a dot, or begins or ends with a space")
	case reserved[strings.TrimSpace(stem)]:
		return errors.New("it is one that Windows keeps for a device")
	case len(name)+len(extension) > maxName:
		return fmt.Errorf("it is longer than %d bytes", maxName-len(extension))
	}
	return nil
}

// sameName is equal for names that some file systems take for one: those that
// differ in case, or in how accents are written.
func sameName(name string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(name)))
}
