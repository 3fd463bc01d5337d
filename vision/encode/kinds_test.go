package encode

import (
	"bytes"
	"slices"
	"testing"

	"vestibule/vision"
)

// keyed reports whether an access unit is decodable by itself, by its own bytes.
func keyed(k Kind, unit []byte) bool {
	if k == VP8 {
		return unit[0]&1 == 0 && bytes.Equal(unit[3:6], []byte{0x9d, 0x01, 0x2a}) // RFC 6386, 9.1
	}
	types := nals(unit)
	return slices.Contains(types, nalSPS) && slices.Contains(types, nalPPS) && slices.Contains(types, nalIDR)
}

// What holds for every encoder: the first unit is a key frame and so is one that is asked for, no other; a
// still doorway costs little and its glass next to nothing; another pace is kept.
func TestEveryEncoder(t *testing.T) {
	size := vision.Size{Width: 640, Height: 480}
	const fps, kbit = 30, 1000
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			e, err := Open(Config{Kind: kind, Size: size, FPS: fps, Kbit: kbit})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			s := look(t, size)
			still, bytesSent, first := 0, 0, 0
			var before vision.Redacted
			for i := range 3 * fps {
				want := i == 0 || i == 7 || i == 2*fps
				if want {
					e.KeyNext()
				}
				if i == fps {
					if err := e.Pace(300, 10); err != nil {
						t.Fatal(err)
					}
				}
				r := next(t, s)
				unit, key, err := e.Encode(r)
				if err != nil {
					t.Fatal(err)
				}
				if key != want || keyed(kind, unit) != want {
					t.Errorf("picture %d: key %v and by its bytes %v, want %v", i, key, keyed(kind, unit), want)
				}
				if i == 0 {
					first = len(unit)
				}
				if i > 20 && i < fps {
					still, bytesSent = still+1, bytesSent+len(unit)
				}
				before = r
			}
			t.Logf("the first key frame: %d bytes; a still doorway: %d kbit/s at %d pictures a second", first, bytesSent*8*fps/still/1000, fps)
			if rate := bytesSent * 8 * fps / still / 1000; rate > kbit*3/2 { // what is left of the buffer besides
				t.Errorf("a still doorway takes %d kbit/s, want at most %d", rate, kbit*3/2)
			}
			// The same picture again: nothing is left to say.
			last := 0
			for range 2 * fps {
				unit, _, err := e.Encode(before)
				if err != nil {
					t.Fatal(err)
				}
				last = len(unit)
			}
			t.Logf("a picture that stays: %d bytes", last)
			if last > 600 {
				t.Errorf("a picture that stays takes %d bytes, want at most 600", last)
			}
		})
	}
}
