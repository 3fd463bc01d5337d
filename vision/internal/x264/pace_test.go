package x264

import (
	"math/rand/v2"
	"testing"
)

// What moves everywhere takes all it may have, and that follows the pace.
func TestThePaceCanBeChanged(t *testing.T) {
	const width, height, fps = 320, 240, 30
	e, err := Open(Config{Width: width, Height: height, FPS: fps, Kbit: 2000})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	noise := rand.New(rand.NewPCG(1, 2))
	y, cb, cr := make([]byte, width*height), make([]byte, width*height/4), make([]byte, width*height/4)
	// seconds of pictures at a pace; bits of the last of them, in kbit.
	take := func(seconds, pace int) (kbit int) {
		for i := range seconds * pace {
			for j := range y {
				y[j] = byte(100 + noise.IntN(40))
			}
			unit, key, err := e.Encode(y, cb, cr)
			if err != nil {
				t.Fatal(err)
			}
			if key && e.count > 1 {
				t.Error("another pace takes a key frame")
			}
			if i >= (seconds-1)*pace {
				kbit += len(unit) * 8
			}
		}
		return kbit / 1000
	}
	within := func(what string, got, want int) {
		t.Helper()
		if got > want*5/4 || got < want/2 {
			t.Errorf("%s: %d kbit in a second, want about %d", what, got, want)
		}
	}
	within("as opened", take(3, fps), 2000)
	for _, c := range []struct{ kbit, fps int }{{300, 10}, {700, 15}, {1500, 30}} {
		if err := e.Pace(c.kbit, c.fps); err != nil {
			t.Fatal(err)
		}
		within("at another pace", take(3, c.fps), c.kbit)
	}
	for _, c := range []struct{ kbit, fps int }{{0, 30}, {300, 0}, {300, 31}} {
		if e.Pace(c.kbit, c.fps) == nil {
			t.Errorf("%d kbit/s at %d is a pace", c.kbit, c.fps)
		}
	}
	e.Close()
	if e.Pace(300, 10) == nil {
		t.Error("a closed encoder has a pace")
	}
}
