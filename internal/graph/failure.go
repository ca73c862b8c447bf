package graph

import "errors"

// Why a device cannot do its work. The errors of executors wrap them.
var (
	// ErrFailed: another device may do the same work.
	ErrFailed = errors.New("the device failed")
	// ErrLost: the device is gone; opened again it may work.
	ErrLost = Failure("the device was lost", ErrFailed)
	// ErrMemory: the device has too little memory.
	ErrMemory = errors.New("out of memory")
	// ErrUnsupported: this machine or browser cannot run the executor.
	ErrUnsupported = errors.New("not supported here")
)

// Failure returns an error that reads as the text alone and wraps the causes.
func Failure(text string, causes ...error) error { return &failure{text, causes} }

type failure struct {
	text   string
	causes []error
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() []error { return f.causes }
