package bert

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
)

// maxPickle bounds the part of pytorch_model.bin that says which tensors there
// are, in bytes.
const maxPickle = 16 << 20

// checkStorages compares the sizes that a pytorch_model.bin declares with the
// bytes that the file has. It runs first, because the package that reads the file
// allocates whatever size is declared.
func checkStorages(file string, size int64) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return checkLegacy(file, size)
	}
	defer z.Close()
	members := map[string]*zip.File{}
	total := uint64(0)
	for _, f := range z.File {
		members[path.Base(f.Name)] = f
		if total += f.UncompressedSize64; f.UncompressedSize64 > uint64(size) || total > uint64(size) {
			return fmt.Errorf("it declares more bytes than its %d", size)
		}
	}
	list, ok := members["data.pkl"]
	if !ok {
		return errors.New("it has no data.pkl")
	}
	if list.UncompressedSize64 > maxPickle {
		return fmt.Errorf("its data.pkl has %d bytes, at most %d are read", list.UncompressedSize64, maxPickle)
	}
	r, err := list.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = unpickle(io.LimitReader(r, maxPickle), func(key string, n, each int64) error {
		f := members[key]
		if f == nil {
			return fmt.Errorf("it has no storage %.40q", key)
		}
		return fits(key, n, each, int64(f.UncompressedSize64))
	})
	return err
}

// checkLegacy checks the form that PyTorch wrote before version 1.6: pickles of
// a magic number, a version, the system and the tensors, the keys of the
// storages, then of each its number of values, and these.
func checkLegacy(file string, size int64) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	bytesOf := map[string]int64{}
	var keys any
	for i := range 5 {
		if keys, err = unpickle(f, func(key string, n, each int64) error {
			bytesOf[key] = each
			return fits(key, n, each, size)
		}); err != nil {
			return fmt.Errorf("part %d of it: %w", i+1, err)
		}
	}
	list, ok := keys.(*types.List)
	if !ok {
		return errors.New("it has no list of storages")
	}
	for _, k := range *list {
		key, _ := k.(string)
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		var head [8]byte
		if _, err := io.ReadFull(f, head[:]); err != nil {
			return fmt.Errorf("storage %.40q is not there: %w", key, err)
		}
		n, each := int64(binary.LittleEndian.Uint64(head[:])), max(bytesOf[key], 1)
		if err := fits(key, n, each, size-at-int64(len(head))); err != nil {
			return err
		}
		if _, err := f.Seek(n*each, io.SeekCurrent); err != nil {
			return err
		}
	}
	return nil
}

// unpickle reads a pickle and makes only lists and strings from it. It calls
// storage for each storage that the pickle refers to, ("storage", class, key,
// place, values), with the bytes per value.
func unpickle(r io.Reader, storage func(key string, n, each int64) error) (any, error) {
	u := pickle.NewUnpickler(r)
	u.FindClass = func(module, name string) (any, error) { return anything(module + "." + name), nil }
	u.PersistentLoad = func(id any) (any, error) {
		tuple, ok := id.(*types.Tuple)
		if !ok || tuple.Len() < 5 {
			return nil, errors.New("it refers to something that is not a storage")
		}
		key, isKey := tuple.Get(2).(string)
		n, isNumber := tuple.Get(4).(int)
		if !isKey || !isNumber {
			return nil, errors.New("it refers to a storage without a key or a size")
		}
		class, _ := tuple.Get(1).(anything)
		return nil, storage(key, int64(n), max(valueBytes[string(class)], 1))
	}
	return u.Load()
}

// fits returns an error if the file has no room for n values of that many bytes.
func fits(key string, n, each, have int64) error {
	if n < 0 || n > have/each {
		return fmt.Errorf("storage %.40q is declared to have %d values of %d bytes, the file has %d bytes of it", key, n, each, have)
	}
	return nil
}

var valueBytes = map[string]int64{"torch.FloatStorage": 4, "torch.HalfStorage": 2, "torch.BFloat16Storage": 2, "torch.DoubleStorage": 8,
	"torch.LongStorage": 8, "torch.IntStorage": 4, "torch.ShortStorage": 2}

// anything stands for any class. Nothing reads its objects.
type anything string

// Call makes an object of the class.
func (a anything) Call(...any) (any, error) { return a, nil }

// PySetState takes the state of an object.
func (a anything) PySetState(any) error { return nil }
