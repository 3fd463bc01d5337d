//go:build !desk

package main

import (
	"errors"
	"flag"
	"strings"
)

// pinSetting says where the door's pins are. On a device they are real.
type pinSetting struct{ text string }

func (s *pinSetting) register(fs *flag.FlagSet) {
	fs.StringVar(&s.text, "pins", "", "board:`FILE`, the board file that says which pin has which role")
}

func (s *pinSetting) check(bool) error {
	if !strings.HasPrefix(s.text, "board:") {
		return errors.New("-pins: want board:FILE")
	}
	return nil
}

func (s *pinSetting) open() (pins, error) { return openBoard(strings.TrimPrefix(s.text, "board:")) }

func (*pinSetting) atDesk() bool { return false }
