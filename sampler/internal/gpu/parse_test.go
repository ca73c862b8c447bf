package gpu

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/attacks"
	"github.com/roentgo/roentgo/shaders"
)

// FuzzStored reads measurements that somebody else may have written: an error,
// or tilings that there are.
func FuzzStored(f *testing.F) {
	card := Info{Name: "card", Backend: "vulkan", Type: Discrete}
	m := Measurement{Adapter: card.Name, Backend: card.Backend, Shaders: shaders.Hash(), When: time.Unix(1, 0).UTC(), Tilings: Default(card),
		Times: map[Class]TilingTimes{Linear: {Registers: 1, Shared: 2.5}}}
	good, err := json.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := parse(good, card); err != nil {
		f.Fatalf("what was saved: %v", err)
	}
	f.Add(good)
	for _, text := range attacks.JSON(good) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parse(data, card)
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if !m.Tilings.valid(card) {
			t.Fatalf("tilings %v", m.Tilings)
		}
	})
}
