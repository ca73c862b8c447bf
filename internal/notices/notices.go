// Package notices holds the licences of the modules that are linked into the
// programs, which ask that their texts go with them. The generator reads them
// where Go keeps the modules; a test compares.
package notices

import _ "embed"

//go:generate go run ./gen

// Program has those of the command line, on any system.
//
//go:embed program.txt
var Program string

// Browser is the name, in the repository, of the file with those of the library
// for browsers.
const Browser = "internal/notices/browser.txt"
