package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

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
	all, err := layout.Open()
	if err != nil {
		return pins{}, err
	}
	chips, err := filepath.Glob("/dev/gpiochip*")
	return pins{pins: all, devices: chips, close: func() error { return nil }}, err
}
