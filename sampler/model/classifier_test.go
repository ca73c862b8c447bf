package model_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
)

func TestClassifierConfig(t *testing.T) {
	for _, c := range []struct {
		change func(c *model.ClassifierConfig)
		says   string // "": no error
	}{
		{func(c *model.ClassifierConfig) {}, ""},
		{func(c *model.ClassifierConfig) { c.Channels = nil }, "levels"},
		{func(c *model.ClassifierConfig) { c.Channels = make([]int, 100) }, "levels"},
		{func(c *model.ClassifierConfig) { c.Channels = []int{32, 33} }, "level 1 has 33 channels"},
		{func(c *model.ClassifierConfig) { c.Channels = []int{1 << 30} }, "channels"},
		{func(c *model.ClassifierConfig) { c.ImageSize = 96 }, "power of two"},
		{func(c *model.ClassifierConfig) { c.ImageSize = 4 }, "from 8"},
		{func(c *model.ClassifierConfig) { c.ImageSize = 1 << 20 }, "power of two"},
		{func(c *model.ClassifierConfig) { c.Outputs = 0 }, "outputs is 0"},
		{func(c *model.ClassifierConfig) { c.Outputs = 1 << 20 }, "outputs"},
	} {
		cfg := model.ClassifierConfig{ImageSize: 64, Channels: []int{32, 64, 96}, Outputs: 17}
		c.change(&cfg)
		err := cfg.Validate()
		if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, model.ErrConfig) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %v, want %q", cfg, err, c.says)
		}
	}
}
