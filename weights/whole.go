package weights

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
)

// keyWhole is the identity of the model of which a file is a piece: what
// [identity] gives of all pieces together, in hexadecimal. It ties them to each
// other, since pieces of two trainings may have one configuration.
const keyWhole = "roentgo.whole"

// identity is a SHA-256 over a configuration and tensors in their order: of
// each a line with name, dtype and shape, and its bytes.
type identity struct{ hash.Hash }

func newIdentity(config json.RawMessage) identity {
	id := identity{sha256.New()}
	fmt.Fprintf(id, "%d\n%s\n", len(config), config)
	return id
}

// begin is called for each tensor before its bytes are written to the hash.
func (id identity) begin(e entry) { fmt.Fprintf(id, "%q %s %v\n", e.name, e.dtype, e.shape) }

func (id identity) String() string { return hex.EncodeToString(id.Sum(nil)) }

// checkWhole reads all pieces of a model and checks that together they are the
// one that each says it is a piece of.
func (m *Model) checkWhole(ctx context.Context) error {
	if m.files[0].pieces == 1 {
		return nil
	}
	id := newIdentity(m.Config())
	for _, f := range m.files {
		for _, name := range f.h.order {
			e := f.h.entries[name]
			id.begin(e)
			err := f.scan(ctx, e, func(_ int64, b []byte) error {
				_, err := id.Write(b)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	if want := m.files[0].h.metadata[keyWhole]; id.String() != want {
		return fmt.Errorf("%w: the pieces together are %s, each says that it is of %s (pieces of several trainings?)", ErrHash, id, want)
	}
	return nil
}

// hashTo writes the content of a file to h.
func (f *file) hashTo(ctx context.Context, h io.Writer) error {
	content := io.NewSectionReader(f.r, 0, f.h.size)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(h, content, frameSize); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
