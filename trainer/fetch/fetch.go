// Package fetch downloads large files over connections that break. It resumes
// where a download stopped, checks what it got, and never leaves a damaged file
// under the final name.
package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/digest"
	"github.com/roentgo/roentgo/internal/regular"
)

// OpenIBase is where the Indiana University collection is published.
const OpenIBase = "https://openi.nlm.nih.gov/imgs/collections/"

// OpenI lists the archives of that collection: its reports and its images. Their
// publisher states no hashes. So their sizes and hashes are reported after the
// download, but not checked.
var OpenI = []File{{Name: "NLMCXR_reports.tgz"}, {Name: "NLMCXR_png.tgz"}}

// File is a file to fetch.
type File struct {
	Name   string
	Size   int64  // bytes; 0: not known
	SHA256 string // hexadecimal; "": not known
}

// MaxSize is the largest file that is fetched, in bytes.
const MaxSize = 64 << 30

// Options of [Fetch]. The zero value of a field means its default.
type Options struct {
	BaseURL  string // http or https; the names of files are below it
	Out      string // folder
	Files    []File
	Client   *http.Client                         // default http.DefaultClient
	Retries  int                                  // attempts in a row that bring nothing; default 8
	Wait     func(attempt int) time.Duration      // before attempt 1, 2, …; default 1 s, doubling, at most 1 min
	Stall    time.Duration                        // how long to wait for a byte before giving up; default 1 min
	Progress func(name string, done, total int64) // total is 0 where it is not known
}

// Result is a file that is there now.
type Result struct {
	Path   string
	Size   int64
	SHA256 string
	Kept   bool // it was there before
}

var (
	// ErrOptions is wrapped by errors of options that make no sense.
	ErrOptions = errors.New("fetch: options refused")
	// ErrServer is wrapped by errors of a server that does not give the file.
	ErrServer = errors.New("fetch: server")
	// ErrDamaged is wrapped by errors of a file that is not the one expected.
	ErrDamaged = errors.New("fetch: file damaged")
)

// Fetch downloads all files to the folder, one after another. A download that
// it cannot finish stays there as NAME.part, and the same call resumes it. A file
// that already exists is kept; if its hash is known, it is checked.
func Fetch(ctx context.Context, o Options) ([]Result, error) {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	if o.Retries == 0 {
		o.Retries = 8
	}
	if o.Wait == nil {
		o.Wait = func(attempt int) time.Duration { return min(time.Second<<min(attempt-1, 10), time.Minute) }
	}
	if o.Stall == 0 {
		o.Stall = time.Minute
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("%w: %q is no http or https address", ErrOptions, o.BaseURL)
	}
	for _, f := range o.Files {
		if f.Name == "" || path.Base(f.Name) != f.Name || !filepath.IsLocal(f.Name) {
			return nil, fmt.Errorf("%w: %q is no plain name of a file", ErrOptions, f.Name)
		}
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return nil, err
	}
	var results []Result
	for _, f := range o.Files {
		d := download{Options: o, File: f, url: base.JoinPath(f.Name).String(), path: filepath.Join(o.Out, f.Name)}
		r, err := d.run(ctx)
		if err != nil {
			return results, fmt.Errorf("%w (%s)", err, f.Name)
		}
		results = append(results, r)
	}
	return results, nil
}

type download struct {
	Options
	File
	url, path string
}

// note is what is known of a part, in a file beside it. If it does not show that
// the part is of the same file, the download starts from the beginning.
type note struct {
	URL       string `json:"url"`
	Validator string `json:"validator"` // a strong ETag, or a Last-Modified
	Total     int64  `json:"total"`     // 0: not known
}

func (d *download) part() string { return d.path + ".part" }

func (d *download) run(ctx context.Context) (Result, error) {
	if _, err := os.Stat(d.path); err == nil {
		r, err := d.inspect(d.path)
		r.Kept = true
		if err == nil {
			err = d.check(r)
		}
		if err != nil {
			err = fmt.Errorf("%w; remove it to fetch it again", err)
		}
		return r, err
	}
	for fruitless := 0; ; {
		before := d.size()
		wait, err := d.attempt(ctx)
		if err == nil {
			break
		}
		var final fatal
		if ctx.Err() != nil {
			return Result{}, fmt.Errorf("fetch: stopped at %d bytes, the same command resumes: %w", d.size(), ctx.Err())
		}
		if errors.As(err, &final) {
			return Result{}, final.error
		}
		if d.size() > before {
			fruitless = 0
		}
		if fruitless++; fruitless > d.Retries {
			return Result{}, fmt.Errorf("%w: %d attempts brought nothing (%w); %d bytes are kept, the same command resumes", ErrServer, d.Retries, err, d.size())
		}
		select {
		case <-time.After(max(wait, d.Wait(fruitless))):
		case <-ctx.Done():
		}
	}
	r, err := d.inspect(d.part())
	if err != nil {
		return r, err
	}
	r.Path = d.path
	if err := d.check(r); err != nil {
		return r, errors.Join(err, d.forget())
	}
	if err := os.Rename(d.part(), d.path); err != nil {
		return r, err
	}
	return r, os.Remove(d.part() + ".json")
}

// fatal is an error that another attempt does not fix.
type fatal struct{ error }

func (d *download) size() int64 {
	st, err := os.Stat(d.part())
	if err != nil {
		return 0
	}
	return st.Size()
}

func (d *download) forget() error {
	return errors.Join(remove(d.part()), remove(d.part()+".json"))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// from returns where a part can resume, and with which validator.
func (d *download) from() (int64, note) {
	var n note
	text, err := regular.Read(d.part()+".json", regular.MaxText)
	if err != nil || json.Unmarshal(text, &n) != nil || n.URL != d.url || n.Validator == "" {
		return 0, note{}
	}
	return d.size(), n
}

// contentRange is the head of a part of a file: its first and last byte, and
// the size of the whole.
var contentRange = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+|\*)$`)

// maxWait bounds how long a server may make us wait.
const maxWait = 5 * time.Minute

// attempt makes one request and takes what it brings. It returns nil when the
// part is whole, else how long the server asks to wait.
func (d *download) attempt(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stall := time.AfterFunc(d.Stall, cancel)
	defer stall.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return 0, fatal{fmt.Errorf("%w: %w", ErrOptions, err)}
	}
	// Bytes are counted as they are stored.
	request.Header.Set("Accept-Encoding", "identity")
	at, known := d.from()
	if at > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", at))
		request.Header.Set("If-Range", known.Validator)
	}
	response, err := d.Client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	now := note{URL: d.url, Validator: validator(response.Header)}
	switch status := response.StatusCode; {
	case status == http.StatusPartialContent && at > 0:
		m := contentRange.FindStringSubmatch(response.Header.Get("Content-Range"))
		if m == nil || m[1] != strconv.FormatInt(at, 10) {
			return 0, errors.Join(fmt.Errorf("%w: asked from byte %d, it sent %q", ErrServer, at, response.Header.Get("Content-Range")), d.forget())
		}
		if m[3] != "*" {
			if now.Total, err = strconv.ParseInt(m[3], 10, 64); err != nil {
				return 0, errors.Join(err, d.forget())
			}
		}
		if known.Total > 0 && now.Total != known.Total || now.Validator != "" && now.Validator != known.Validator {
			return 0, errors.Join(fmt.Errorf("%w: the file changed meanwhile", ErrServer), d.forget())
		}
		now.Validator = known.Validator
	case status == http.StatusOK:
		at, now.Total = 0, max(response.ContentLength, 0)
	case status == http.StatusRequestedRangeNotSatisfiable && at > 0:
		if known.Total > 0 && at == known.Total {
			return 0, nil // it was whole already
		}
		return 0, errors.Join(fmt.Errorf("%w: it has no byte %d", ErrServer, at), d.forget())
	case status == http.StatusTooManyRequests || status >= 500:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return min(max(time.Duration(seconds)*time.Second, 0), maxWait), fmt.Errorf("%w: %s", ErrServer, response.Status)
	default:
		return 0, fatal{fmt.Errorf("%w: %s gives %s; is the address right?", ErrServer, d.url, response.Status)}
	}
	if d.Size > 0 && now.Total > 0 && now.Total != d.Size {
		return 0, fatal{fmt.Errorf("%w: the server's has %d bytes, %d are expected", ErrDamaged, now.Total, d.Size)}
	}
	return 0, d.take(response.Body, at, now, func() { stall.Reset(d.Stall) })
}

// validator identifies this version of a file.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); tag != "" && tag[0] == '"' {
		return tag
	}
	return h.Get("Last-Modified")
}

// take appends body to the part, from byte at on. It calls moved whenever bytes
// arrive.
func (d *download) take(body io.Reader, at int64, n note, moved func()) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fatal{err}
	}
	if at == 0 { // an old part must not pass under the new note
		if err := remove(d.part()); err != nil {
			return fatal{err}
		}
	}
	if err := atomicfile.WriteBytes(d.part()+".json", true, text); err != nil {
		return fatal{err}
	}
	f, err := os.OpenFile(d.part(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fatal{err}
	}
	defer f.Close()
	limit := int64(MaxSize)
	if n.Total > 0 {
		limit = n.Total
	}
	buffer := make([]byte, 256<<10)
	for {
		got, err := body.Read(buffer)
		if at+int64(got) > limit {
			return errors.Join(fatal{fmt.Errorf("%w: the server sends more than the %d bytes it stated", ErrDamaged, limit)}, d.forget())
		}
		if got > 0 {
			if _, err := f.Write(buffer[:got]); err != nil {
				return fatal{err}
			}
			at += int64(got)
			moved()
			d.Progress(d.Name, at, n.Total)
		}
		switch {
		case err == io.EOF && (n.Total == 0 || at == n.Total):
			if err := f.Sync(); err != nil {
				return fatal{err}
			}
			return nil
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
}

// inspect measures a file.
func (d *download) inspect(path string) (Result, error) {
	sum, size, err := digest.File(path)
	return Result{Path: path, Size: size, SHA256: sum}, err
}

// check compares a file with what is known about it.
func (d *download) check(r Result) error {
	switch {
	case d.Size > 0 && r.Size != d.Size:
		return fmt.Errorf("%w: %d bytes, %d are expected", ErrDamaged, r.Size, d.Size)
	case d.SHA256 != "" && r.SHA256 != d.SHA256:
		return fmt.Errorf("%w: its SHA-256 is %s, %s is expected", ErrDamaged, r.SHA256, d.SHA256)
	}
	return nil
}
