package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/roentgo/roentgo/internal/atomicfile"
	shipped "github.com/roentgo/roentgo/weights/default"
	"github.com/roentgo/roentgo/weights/fast"
)

// Options say what a site is built of.
type Options struct {
	// Root is the repository's folder.
	Root string
	// Library is the folder of a library that package pack built before;
	// empty: it is built.
	Library string
}

// hashLength is how much of a hash a file's name carries.
const hashLength = 12

// page holds the values that index.html and learn.html are filled with.
type page struct {
	Policy, Script, Style, Theme, Library, Strip string
	LearnScript, LearnStyle                      string
	Findings                                     figures
	Model, Fast                                  builtModel
	First                                        int64 // bytes that a first visit fetches to make an image
}

// Build writes the site to the folder out. It replaces a folder that holds a
// built site, and refuses any other that is not empty. The same sources give the
// same bytes.
func Build(ctx context.Context, out string, o Options) error {
	return atomicfile.Folder(out, serviceWorker, "built site", func(dir string) error { return write(ctx, dir, o) })
}

// write writes all files of the site, each after those that it names.
func write(ctx context.Context, dir string, o Options) error {
	source, err := filepath.Abs(filepath.Join(o.Root, "site")) // esbuild wants it
	if err != nil {
		return err
	}
	p := page{Policy: contentSecurityPolicy}
	if p.Model, err = writeModel(dir, shipped.Manifest, shipped.File); err != nil {
		return err
	}
	if p.Fast, err = writeModel(dir, fast.Manifest, fast.File); err != nil {
		return err
	}
	if p.Library, err = writeLibrary(ctx, dir, o); err != nil {
		return err
	}
	engine, err := engineBytes(filepath.Join(dir, p.Library))
	if err != nil {
		return err
	}
	p.First = p.Model.Bytes + engine
	for _, b := range []struct {
		entry  string
		format api.Format
		name   *string
	}{
		{"app/main.js", api.FormatESModule, &p.Script},
		{"app/learn/learn.js", api.FormatESModule, &p.LearnScript},
		{"app/theme.js", api.FormatIIFE, &p.Theme},
		{"style/main.css", api.FormatDefault, &p.Style},
		{"style/learn.css", api.FormatDefault, &p.LearnStyle},
	} {
		if *b.name, err = bundle(dir, source, b.entry, b.format, p.Library+"/"+libraryModule); err != nil {
			return err
		}
	}
	if p.Strip, err = writeStrip(dir, source); err != nil {
		return err
	}
	if err := writeIcons(dir); err != nil {
		return err
	}
	const webManifest = "manifest.webmanifest"
	text, err := os.ReadFile(filepath.Join(source, webManifest))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, webManifest), text, 0o644); err != nil {
		return err
	}
	if p.Findings, err = readFigures(source); err != nil {
		return err
	}
	if err := writePages(dir, source, p); err != nil {
		return err
	}
	return writeServiceWorker(dir, source)
}

// bundle joins an entry point and its imports into one small file with a hash in
// its name, and returns that name. "roentgo" stands for the library, which stays
// a separate file.
func bundle(dir, source, entry string, format api.Format, library string) (string, error) {
	r := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(source, entry)},
		Bundle:            true,
		Format:            format,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		Outdir:            dir,
		AbsWorkingDir:     source,
		Plugins: []api.Plugin{{Name: "library", Setup: func(b api.PluginBuild) {
			b.OnResolve(api.OnResolveOptions{Filter: "^roentgo$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: "./" + library, External: true}, nil
			})
		}}},
	})
	if len(r.Errors) > 0 {
		return "", messages(r.Errors)
	}
	if len(r.Warnings) > 0 {
		return "", messages(r.Warnings)
	}
	if len(r.OutputFiles) != 1 {
		return "", fmt.Errorf("%s: esbuild gives %d files, one is wanted", entry, len(r.OutputFiles))
	}
	content := r.OutputFiles[0].Contents
	base, ext := strings.TrimSuffix(path.Base(entry), path.Ext(entry)), path.Ext(entry)
	name := base + "-" + hash(content)[:hashLength] + ext
	return name, os.WriteFile(filepath.Join(dir, name), content, 0o644)
}

// messages joins the errors of esbuild into one.
func messages(list []api.Message) error {
	text := api.FormatMessages(list, api.FormatMessagesOptions{Kind: api.ErrorMessage})
	return errors.New("site: " + strings.TrimSpace(strings.Join(text, "")))
}

// writeStrip copies the picture of a first visit, with a hash in its name,
// which it returns. Command strip makes it.
func writeStrip(dir, source string) (string, error) {
	content, err := os.ReadFile(filepath.Join(source, "strip.jpg"))
	if err != nil {
		return "", err
	}
	name := "strip-" + hash(content)[:hashLength] + ".jpg"
	return name, os.WriteFile(filepath.Join(dir, name), content, 0o644)
}

// writePages fills index.html and learn.html.
func writePages(dir, source string, p page) error {
	words, err := readWords(source, "en")
	if err != nil {
		return err
	}
	word := func(prefix, name string) (string, error) {
		text, ok := words[prefix+name]
		if !ok {
			return "", fmt.Errorf("no words for %q", prefix+name)
		}
		return text, nil
	}
	for _, name := range []string{"index.html", "learn.html"} {
		t, err := template.New(name).Funcs(template.FuncMap{"word": word}).ParseFiles(filepath.Join(source, name))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, p); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// serviceWorker is written last: its name marks a folder as a built site.
const serviceWorker = "sw.js"

// file is what the service worker knows of one.
type file struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Type   string `json:"type"`
}

// writeServiceWorker stamps sw.js with the list of all files besides the
// model's pieces, which the library keeps, and with a version, the list's hash.
func writeServiceWorker(dir, source string) error {
	var files []file
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if strings.HasPrefix(name, "model/"+piecesFolder) {
			return nil
		}
		content, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		files = append(files, file{name, hash(content), contentType(name)})
		return nil
	})
	if err != nil {
		return err
	}
	list, err := json.Marshal(files)
	if err != nil {
		return err
	}
	headers, err := json.Marshal(Headers)
	if err != nil {
		return err
	}
	script, err := os.ReadFile(filepath.Join(source, serviceWorker))
	if err != nil {
		return err
	}
	r := api.Transform(string(script), api.TransformOptions{
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Define: map[string]string{
			"FILES":   string(list),
			"HEADERS": string(headers),
			"VERSION": `"` + hash(list)[:hashLength] + `"`,
		},
	})
	if len(r.Errors) > 0 {
		return messages(r.Errors)
	}
	return os.WriteFile(filepath.Join(dir, serviceWorker), r.Code, 0o644)
}
