package report

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/roentgo/roentgo/trainer/train"
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

// The fields of the messages Event, Summary, Summary.Value and Summary.Image
// of TensorFlow's event.proto and summary.proto that are written.
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

// WriteTensorBoard writes what a run's folder holds as a file of events that
// TensorBoard shows: every figure of the log, and the grids. It is written
// whole each time, under the same name, into the folder dir.
func WriteTensorBoard(dir, run string) error {
	list, err := train.ReadLog(run)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrRun, run, err)
	}
	st, err := os.Stat(run)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The log tells seconds of training; its last entry is of about now.
	last := 0.0
	if len(list) > 0 {
		last = list[len(list)-1]["seconds"]
	}
	at := func(seconds float64) time.Time {
		return st.ModTime().Add(time.Duration((seconds - last) * float64(time.Second)))
	}
	// TensorBoard takes files by this prefix, in the order of what follows.
	part, err := os.CreateTemp(dir, ".events-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	write := func(body []byte) {
		if err == nil {
			_, err = part.Write(record(body))
		}
	}
	write(event(at(0), 0, bytesField(nil, eventVersion, []byte("brain.Event:2"))))
	for _, line := range list {
		step, seconds := int64(line["step"]), line["seconds"]
		delete(line, "step")
		write(event(at(seconds), step, scalars(line)))
	}
	grids, e := findGrids(run)
	if err = errors.Join(err, e); err != nil {
		return errors.Join(err, part.Close())
	}
	for _, g := range grids {
		data, width, height, e := g.read()
		if e != nil {
			continue // the page says so
		}
		write(event(st.ModTime(), int64(g.step), picture("grid", width, height, data)))
	}
	if err := errors.Join(err, part.Chmod(0o644), part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), filepath.Join(dir, "events.out.tfevents.0."+filepath.Base(filepath.Clean(run))))
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
	f, err := os.Open(g.path)
	if err != nil {
		return nil, 0, 0, err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.Size() > maxGrid {
		return nil, 0, 0, errors.Join(err, fmt.Errorf("%s has more than %d bytes", filepath.Base(g.path), maxGrid))
	}
	c, err := png.DecodeConfig(f)
	if err != nil {
		return nil, 0, 0, err
	}
	data, err = os.ReadFile(g.path)
	return data, c.Width, c.Height, err
}
