package report

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image/png"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/trainer/runs"
)

// castagnoli is the polynomial of TFRecord's checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is TFRecord's masked CRC-32C.
func masked(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// record frames data as TFRecord does: its length, the length's checksum, the
// data, its checksum.
func record(data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, masked(data))
}

// These are the fields that we write of the messages Event, Summary,
// Summary.Value and Summary.Image (TensorFlow's event.proto and summary.proto).
const (
	eventWallTime, eventStep, eventVersion, eventSummary        = 1, 2, 3, 5
	summaryValue                                                = 1
	valueTag, valueSimple, valueImage                           = 1, 2, 4
	imageHeight, imageWidth, imageColourspace, imageEncoded     = 1, 2, 3, 4
	greyscale                                               int = 1
)

// event encodes an Event with the field that body is, at a time and a step.
func event(when time.Time, step int64, body []byte) []byte {
	b := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(float64(when.UnixMicro())/1e6))
	if step != 0 {
		b = protowire.AppendTag(b, eventStep, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(step))
	}
	return append(b, body...)
}

func bytesField(b []byte, field protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), data)
}

// scalars encodes a Summary of simple values.
func scalars(values map[string]float64) []byte {
	var summary []byte
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v := bytesField(nil, valueTag, []byte(name))
		v = protowire.AppendTag(v, valueSimple, protowire.Fixed32Type)
		v = protowire.AppendFixed32(v, math.Float32bits(float32(values[name])))
		summary = bytesField(summary, summaryValue, v)
	}
	return bytesField(nil, eventSummary, summary)
}

// picture encodes a Summary of a grey PNG.
func picture(tag string, width, height int, encoded []byte) []byte {
	var i []byte
	for _, f := range []struct {
		field protowire.Number
		value int
	}{{imageHeight, height}, {imageWidth, width}, {imageColourspace, greyscale}} {
		i = protowire.AppendVarint(protowire.AppendTag(i, f.field, protowire.VarintType), uint64(f.value))
	}
	i = bytesField(i, imageEncoded, encoded)
	v := bytesField(bytesField(nil, valueTag, []byte(tag)), valueImage, i)
	return bytesField(nil, eventSummary, bytesField(nil, summaryValue, v))
}

// eventsFile is the file of events of a run, in the run's own folder: TensorBoard
// takes files by this prefix, and folders for runs.
const (
	eventsFile = "events.out.tfevents.0.roentgo"
	originFile = "run.txt" // whose events they are: the path of the run's folder
)

// WriteTensorBoard writes an event file for each run: every figure of its log,
// and its grids. Each run gets its own folder under dir, named after the run; a
// number separates two runs of one name. Later calls append what is new, so a
// TensorBoard that is open shows it.
func WriteTensorBoard(dir string, runs []string) error {
	names, err := runNames(dir, runs)
	if err != nil {
		return err
	}
	for i, run := range runs {
		if err := writeEvents(filepath.Join(dir, names[i]), run); err != nil {
			return err
		}
	}
	return nil
}

// runNames gives each run the name of its folder under dir: the name it had
// there before, else its folder's, with a number where another run has it.
func runNames(dir string, runs []string) ([]string, error) {
	owner := map[string]string{} // of a name, in small letters: some file systems have no others
	before := map[string]string{}
	list, err := filepath.Glob(filepath.Join(dir, "*", originFile))
	if err != nil {
		return nil, err
	}
	for _, path := range list {
		if text, err := regular.Read(path, regular.MaxText); err == nil {
			name := filepath.Base(filepath.Dir(path))
			owner[strings.ToLower(name)], before[string(text)] = string(text), name
		}
	}
	names := make([]string, len(runs))
	for i, run := range runs {
		whole, err := filepath.Abs(run)
		if err != nil {
			return nil, err
		}
		if names[i] = before[whole]; names[i] != "" {
			continue
		}
		base := filepath.Base(whole)
		for n := 1; ; n++ {
			name := base
			if n > 1 {
				name = fmt.Sprintf("%s-%d", base, n)
			}
			if owner[strings.ToLower(name)] == "" {
				owner[strings.ToLower(name)], before[whole], names[i] = whole, name, name
				break
			}
		}
	}
	return names, nil
}

// writeEvents brings the file of events of a run up to date.
func writeEvents(folder, run string) error {
	list, err := runs.ReadLog(run)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrRun, run, err)
	}
	st, err := os.Stat(run)
	if err != nil {
		return err
	}
	whole, err := filepath.Abs(run)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := put(filepath.Join(folder, originFile), []byte(whole)); err != nil {
		return err
	}
	path := filepath.Join(folder, eventsFile)
	old, err := regular.Read(path, maxEvents)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// The log has seconds of training; its last entry is of about now.
	start := st.ModTime()
	if len(list) > 0 {
		start = start.Add(-time.Duration(list[len(list)-1]["seconds"] * float64(time.Second)))
	}
	if before, ok := firstTime(old); ok {
		start = before
	}
	grids, err := findGrids(run)
	if err != nil {
		return err
	}
	data := events(list, grids, start)
	if rest, ok := bytes.CutPrefix(data, old); ok && len(old) > 0 {
		return appendTo(path, rest)
	}
	return put(path, data)
}

// maxEvents bounds what is read of the events of a run, in bytes: pictures are most of them.
const maxEvents = 4 << 30

// put writes a file, in the place of an old one.
func put(path string, data []byte) error {
	return atomicfile.Write(path, true, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// appendTo appends to a file that TensorBoard may have open.
func appendTo(path string, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// firstTime is the time of the first event of a file.
func firstTime(data []byte) (time.Time, bool) {
	const head = 12 // length and its checksum
	if len(data) < head+9 {
		return time.Time{}, false
	}
	number, kind, n := protowire.ConsumeTag(data[head:])
	if number != eventWallTime || kind != protowire.Fixed64Type {
		return time.Time{}, false
	}
	bits, m := protowire.ConsumeFixed64(data[head+n:])
	seconds := math.Float64frombits(bits)
	if m < 0 || !(seconds > 0 && seconds < 1e11) {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(math.Round(seconds * 1e6))), true
}

// events are the events of a log. Each grid follows the line of its step, so a
// log that grew only adds events at the end.
func events(list []map[string]float64, grids []grid, start time.Time) []byte {
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	data := record(event(at(0), 0, bytesField(nil, eventVersion, []byte("brain.Event:2"))))
	for _, line := range list {
		step, seconds := int64(line["step"]), line["seconds"]
		figures := maps.Clone(line)
		delete(figures, "step")
		data = append(data, record(event(at(seconds), step, scalars(figures)))...)
		for len(grids) > 0 && int64(grids[0].step) <= step {
			g := grids[0]
			grids = grids[1:]
			encoded, width, height, err := g.read()
			if err != nil {
				continue // the page says so
			}
			data = append(data, record(event(at(seconds), int64(g.step), picture("grid", width, height, encoded)))...)
		}
	}
	return data
}

// grid is a picture of a run's folder.
type grid struct {
	path string
	step int
}

func findGrids(run string) ([]grid, error) {
	paths, err := filepath.Glob(filepath.Join(run, "grid-*.png"))
	if err != nil {
		return nil, err
	}
	var list []grid
	for _, path := range paths {
		g := grid{path: path}
		if n, err := fmt.Sscanf(filepath.Base(path), "grid-%d.png", &g.step); n == 1 && err == nil {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b grid) int { return a.step - b.step })
	return list, nil
}

// maxGrid bounds what is read of a picture, in bytes.
const maxGrid = 16 << 20

func (g grid) read() (data []byte, width, height int, err error) {
	if data, err = regular.Read(g.path, maxGrid); err != nil {
		return nil, 0, 0, err
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, err
	}
	return data, c.Width, c.Height, nil
}
