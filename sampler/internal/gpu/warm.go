package gpu

import (
	"slices"
	"sync"

	"github.com/roentgo/roentgo/shaders"
)

// Warm returns the device with the shaders of its Default tilings being
// compiled already, side by side where the device can, while a model is still
// on its way.
func Warm(d Device) Device {
	w := &warm{Device: d, pipelines: map[shaders.Source]func() (Pipeline, error){}}
	for _, s := range Default(d.Info()).shaders() {
		wait := sync.OnceValues(func() (Pipeline, error) {
			p, err := d.NewPipelines([]shaders.Source{s})
			if err != nil {
				return nil, err
			}
			return p[0], nil
		})
		w.pipelines[s] = wait
		go wait()
	}
	return w
}

type warm struct {
	Device
	pipelines map[shaders.Source]func() (Pipeline, error)
}

// NewPipelines implements Device.
func (w *warm) NewPipelines(list []shaders.Source) ([]Pipeline, error) {
	cold := slices.DeleteFunc(slices.Clone(list), func(s shaders.Source) bool { return w.pipelines[s] != nil })
	compiled, err := w.Device.NewPipelines(cold)
	if err != nil {
		return nil, err
	}
	pipelines := make([]Pipeline, len(list))
	for i, s := range list {
		if wait := w.pipelines[s]; wait == nil {
			pipelines[i], compiled = compiled[0], compiled[1:]
		} else if pipelines[i], err = wait(); err != nil {
			return nil, err
		}
	}
	return pipelines, nil
}
