//go:build !desk

package walls

import (
	"flag"
	"io"
)

// Setting says whether a program's walls stand. On a device they do: there is no flag.
type Setting struct{}

// Register adds nothing to the flags of a program built for a device.
func (*Setting) Register(*flag.FlagSet) {}

// Off reports that the walls stand.
func (*Setting) Off() bool { return false }

// Raise raises the walls; see [Raise].
func (*Setting) Raise(p Program, n Needs, _ io.Writer) error { return Raise(p, n) }
