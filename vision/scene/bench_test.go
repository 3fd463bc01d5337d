package scene

import (
	"testing"
	"time"

	"vestibule/vision/internal/raw"
)

func BenchmarkPaint(b *testing.B) {
	for _, c := range []struct {
		name string
		w, h int
		door float64
		lamp bool
	}{
		{"720p still", 1280, 720, 0, false},
		{"720p blinking", 1280, 720, 0, true},
		{"720p courier", 1280, 720, 1, true},
		{"1080p courier", 1920, 1080, 1, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, f := newPainter(1, c.w, c.h), raw.New(c.w, c.h)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				// The courier is in the picture for the whole run.
				p.visit.open = ArrivesAfter + time.Duration(i%120)*33*time.Millisecond
				p.paint(f, uint64(i), time.Duration(i)*33*time.Millisecond, World{Door: c.door, Lamp: c.lamp && i%6 < 3, Light: 1, Power: true})
			}
		})
	}
}
