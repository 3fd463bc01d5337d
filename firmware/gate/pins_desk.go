//go:build desk

package main

import (
	"errors"
	"flag"
	"strings"

	"vestibule/firmware/pipe"
	"vestibule/hardware/board"
	"vestibule/hardware/sim"
)

// pinSetting says where the door's pins are. At a desk they may be simulated.
type pinSetting struct{ kind, path string }

func (s *pinSetting) register(fs *flag.FlagSet) {
	fs.Func("pins", "sim:`PATH`, the socket of a simulated door, or board:FILE, real pins", func(v string) error {
		var ok bool
		if s.kind, s.path, ok = strings.Cut(v, ":"); !ok || s.path == "" || s.kind != "sim" && s.kind != "board" {
			return errors.New("want sim:PATH or board:FILE")
		}
		return nil
	})
}

func (s *pinSetting) check(noWalls bool) error {
	if s.kind == "" {
		return errors.New("-pins: want sim:PATH or board:FILE")
	}
	if noWalls && s.kind != "sim" {
		return errors.New("a real lock is not driven without walls: -walls=off goes with -pins sim:PATH only")
	}
	return nil
}

func (s *pinSetting) open() (pins, error) {
	if s.kind == "board" {
		return openBoard(s.path)
	}
	conn, err := pipe.Dial(s.path)
	if err != nil {
		return pins{}, err
	}
	c, err := sim.Dial(conn)
	if err != nil {
		return pins{}, err
	}
	return pins{pins: c.Pins(), fit: board.Usual(), gone: c.Done(), close: c.Close}, nil
}
