package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The first format of model files had one list, unet_attention, for self- and
// cross-attention, neither pooled text nor adaptive norms. What it can state is
// still written that way, to the byte: a program of that time reads it, and a
// file made again keeps its hash.

// FirstFormat reports whether files of the first format can state c: both kinds
// of attention at the same levels, no pooled text, no adaptive norm.
func (c Config) FirstFormat() bool {
	return slices.Equal(c.UNetSelfAttention, c.UNetCrossAttention) && !c.UNetTextPool && !c.UNetAdaptiveNorm
}

// configFields are those of [Config], without its methods.
type configFields Config

// MarshalJSON implements json.Marshaler.
func (c Config) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(configFields(c))
	if err != nil || !c.FirstFormat() {
		return text, err
	}
	list, err := json.Marshal(c.UNetSelfAttention)
	if err != nil {
		return nil, err
	}
	two := fmt.Appendf(nil, `"unet_self_attention":%s,"unet_cross_attention":%s`, list, list)
	return bytes.Replace(text, two, fmt.Appendf(nil, `"unet_attention":%s`, list), 1), nil
}

// attentionLists are the fields of [Config] that the formats name differently.
type attentionLists struct {
	Both  []bool `json:"unet_attention"` // the first format's
	Self  []bool `json:"unet_self_attention"`
	Cross []bool `json:"unet_cross_attention"`
}

// deeper puts the fields of a Config one level below those of attentionLists in
// a struct of both, where the names of the latter then go first.
type deeper struct{ *configFields }

// UnmarshalJSON implements json.Unmarshaler. It reads both formats, leaves what
// the text does not name as it is, and refuses a field that it does not know.
func (c *Config) UnmarshalJSON(text []byte) error {
	next := configFields(*c)
	var lists attentionLists
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&struct {
		deeper
		*attentionLists
	}{deeper{&next}, &lists}); err != nil {
		return fmt.Errorf("model: configuration: %w (a misspelt name, or a file that needs a newer roentgo)", err)
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
