package main

import (
	"io"
	"testing"

	"vestibule/vision"
)

// The size is WxH and nothing else: what cannot be read whole is refused, and never read in part.
func TestSize(t *testing.T) {
	for text, want := range map[string]vision.Size{
		"1280x720":     {Width: 1280, Height: 720},
		"320x240":      {Width: 320, Height: 240},
		"1080x1920":    {Width: 1080, Height: 1920},
		"1280x720abc":  {},
		"1280x720 ":    {},
		" 1280x720":    {},
		"1280x720x3":   {},
		"1280 x720":    {},
		"1280X720":     {},
		"+1280x720":    {},
		"-1280x-720":   {},
		"1280.0x720":   {},
		"0x500x720":    {},
		"1280":         {},
		"x":            {},
		"x720":         {},
		"1280x":        {},
		"":             {},
		"66816x720":    {}, // 1280 in 16 bits
		"641x480":      {},
		"160x120":      {},
		"3840x2160":    {},
		"1280x720\n":   {},
		"1280x720\x00": {},
	} {
		s, err := parse([]string{"-gate", "eye.sock", "-trust", t.TempDir(), "-size", text}, io.Discard)
		switch {
		case want == (vision.Size{}):
			if err == nil {
				t.Errorf("%q is taken for %v", text, s.camera.Size)
			}
		case err != nil || s.camera.Size != want:
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}
