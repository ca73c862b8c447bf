package model_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
)

// TestConfigJSON holds the written form of configurations: files of the first
// format have one list of attention, and stay as they are.
func TestConfigJSON(t *testing.T) {
	for _, name := range []string{"paper", "half", "mini", "tiny"} {
		c, err := model.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		first := strings.Contains(string(text), `"unet_attention":[`)
		if want := name == "paper" || name == "half"; first != want || first != c.First() || first == strings.Contains(string(text), "unet_self_attention") {
			t.Errorf("%s is written as %s", name, text)
		}
		var back model.Config
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, c) {
			t.Errorf("%s came back as %+v", name, back)
		}
	}
	c := model.Tiny()
	if err := json.Unmarshal([]byte(`{"unet_attention":[true,false],"image_size":128}`), &c); err != nil {
		t.Fatal(err)
	}
	if !c.UNetSelfAttention[0] || c.UNetCrossAttention[1] || c.ImageSize != 128 || c.TextHeads != model.Tiny().TextHeads {
		t.Errorf("an overlay gave %+v", c)
	}
	if err := json.Unmarshal([]byte(`{"unet_atention":[true]}`), &c); err == nil {
		t.Error("an unknown field was taken")
	}
}
