package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The first format of model files had one list, unet_attention, for self- and
// cross-attention, neither pooled text nor adaptive norms. What it can express
// is still written that way, so that a program of that time reads it.

// FirstFormat reports whether files of the first format can state c: both kinds
// of attention at the same levels, no pooled text, no adaptive norm.
func (c Config) FirstFormat() bool {
	return slices.Equal(c.UNetSelfAttention, c.UNetCrossAttention) && !c.UNetTextPool && !c.UNetAdaptiveNorm
}

// attentionLists are the fields of [Config] that differ between the formats.
type attentionLists struct {
	Both  []bool `json:"unet_attention,omitempty"` // the first format's
	Self  []bool `json:"unet_self_attention,omitempty"`
	Cross []bool `json:"unet_cross_attention,omitempty"`
}

// configFields are those of [Config] without its methods.
type configFields Config

// MarshalJSON implements json.Marshaler.
func (c Config) MarshalJSON() ([]byte, error) {
	lists := attentionLists{Self: c.UNetSelfAttention, Cross: c.UNetCrossAttention}
	if c.FirstFormat() {
		lists = attentionLists{Both: c.UNetSelfAttention}
	}
	return json.Marshal(struct {
		configNames
		attentionLists
	}{configNames{(*configFields)(&c)}, lists})
}

// configNames puts the fields of a Config one level deeper than attentionLists,
// whose names so go before theirs.
type configNames struct{ *configFields }

// UnmarshalJSON implements json.Unmarshaler. It reads both formats, leaves what
// the text does not name as it is, and refuses a field that it does not know.
func (c *Config) UnmarshalJSON(text []byte) error {
	next := configFields(*c)
	var lists attentionLists
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&struct {
		configNames
		*attentionLists
	}{configNames{&next}, &lists}); err != nil {
		return fmt.Errorf("model: configuration: %w (a misspelt name, or a file of a newer roentgo: update this program)", err)
	}
	if lists.Both != nil {
		if lists.Self != nil || lists.Cross != nil {
			return errors.New("model: configuration: unet_attention is the old name of unet_self_attention and unet_cross_attention together; give it or them")
		}
		lists.Self, lists.Cross = lists.Both, slices.Clone(lists.Both)
	}
	if lists.Self != nil {
		next.UNetSelfAttention = lists.Self
	}
	if lists.Cross != nil {
		next.UNetCrossAttention = lists.Cross
	}
	*c = Config(next)
	return nil
}
