package gpu

import (
	"sync"

	"github.com/roentgo/roentgo/shaders"
)

// Warm returns the device with the shaders of its Default tilings being
// compiled already, side by side where the device can, while a model is still
// on its way.
func Warm(d Device) Device {
	w := &warm{Device: d, pipelines: map[shaders.Source]func() (Pipeline, error){}}
	for _, s := range Default(d.Info()).shaders() {
		wait := sync.OnceValues(func() (Pipeline, error) { return d.NewPipeline(s) })
		w.pipelines[s] = wait
		go wait()
	}
	return w
}

type warm struct {
	Device
	pipelines map[shaders.Source]func() (Pipeline, error)
}

// NewPipeline implements Device.
func (w *warm) NewPipeline(s shaders.Source) (Pipeline, error) {
	if wait, ok := w.pipelines[s]; ok {
		return wait()
	}
	return w.Device.NewPipeline(s)
}
