package main

import (
	"errors"
	"fmt"
	"os"

	"vestibule/hardware/board"
)

// openBoard returns the pins that a board file names.
func openBoard(path string) (pins, error) {
	f, err := os.Open(path)
	if err != nil {
		return pins{}, fmt.Errorf("-pins board: %w", err)
	}
	layout, err := board.Parse(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return pins{}, fmt.Errorf("-pins board: %s: %w", path, err)
	}
	all, closeChips, err := layout.Open()
	if err != nil {
		return pins{}, err
	}
	p := pins{pins: all, fit: layout.Fit(), close: closeChips}
	if p.fit.Watchdog != "" {
		p.devices = []string{p.fit.Watchdog}
	}
	return p, nil
}
