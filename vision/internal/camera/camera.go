// Package camera names what a picture can come from.
//
// Opening a source hands out raw frames, so it is a function of this internal package and no method
// of Source: the type may be passed around by any program, what it opens may not.
package camera

import (
	"errors"

	"vestibule/vision/internal/raw"
)

// Source is a named way to a camera, not yet opened. The zero value cannot be opened.
type Source struct {
	name string
	open func(width, height, fps int) (raw.Source, error)
}

// New returns a source. open is called on the goroutine that then reads and closes; what it opens
// gives frames of exactly the size asked for, at the rate asked for or below.
func New(name string, open func(width, height, fps int) (raw.Source, error)) Source {
	return Source{name, open}
}

// String returns the source's name as a log shows it.
func (s Source) String() string { return s.name }

// Set reports whether the source can be opened.
func (s Source) Set() bool { return s.open != nil }

// Open opens the source.
func Open(s Source, width, height, fps int) (raw.Source, error) {
	if s.open == nil {
		return nil, errors.New("no source is set")
	}
	return s.open(width, height, fps)
}
