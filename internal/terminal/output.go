package terminal

import "io"

// Output is a program's standard output, which remembers whether what was printed
// has arrived: a line that is lost, as on a full disk, is a failure of the
// program also where nobody looked at that write.
type Output struct {
	io.Writer
	Err error // the first of a write
}

// Write writes p, and nothing more after an error.
func (o *Output) Write(p []byte) (int, error) {
	if o.Err != nil {
		return 0, o.Err
	}
	n, err := o.Writer.Write(p)
	o.Err = err
	return n, err
}
