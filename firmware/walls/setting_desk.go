//go:build desk

package walls

import (
	"flag"
	"fmt"
	"io"
)

// Setting says whether a program's walls stand. Its zero value raises them.
type Setting struct{ off bool }

// Register adds -walls=on|off, which only a program built for a desk has.
func (s *Setting) Register(fs *flag.FlagSet) {
	fs.Func("walls", "on, or off at a desk whose kernel lacks what they need (default on)", func(v string) error {
		if v != "on" && v != "off" {
			return fmt.Errorf("want on or off")
		}
		s.off = v == "off"
		return nil
	})
}

// Off reports whether the walls are left out. A gate without them drives no real door.
func (s *Setting) Off() bool { return s.off }

// Raise raises the walls, see [Raise], or says loudly that there are none.
func (s *Setting) Raise(p Program, n Needs, stderr io.Writer) error {
	if !s.off {
		return Raise(p, n)
	}
	_, err := fmt.Fprintf(stderr, "\n*** %s RUNS WITHOUT WALLS (-walls=off). Nothing confines it. For a desk only, never for a real door. ***\n\n", p)
	return err
}
