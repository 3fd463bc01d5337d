package frozen

import (
	"testing"
	"time"

	"vestibule/vision/internal/raw"
)

func TestLook(t *testing.T) {
	w, f := New(), raw.New(64, 48)
	for _, c := range []struct {
		at     time.Duration // since the one before
		change bool
		frozen bool
	}{
		{0, true, false}, {400 * time.Millisecond, false, false}, {99 * time.Millisecond, false, false}, {time.Millisecond, false, true},
		{time.Second, false, true}, {time.Millisecond, true, false}, {499 * time.Millisecond, false, false},
		{2 * time.Second, true, false}, // slow is not frozen
		{time.Second, false, true},
	} {
		f.At += c.at
		if c.change {
			f.Y[8*64+5]++ // one bit, in a row that is looked at
		}
		if got := w.Look(f); got != c.frozen {
			t.Errorf("at %v: %v", f.At, got)
		}
	}
}
