package vision

import (
	"runtime"
	"testing"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// A Sight of the largest size takes less than 25 MB of 2^20 bytes in the middle of a visit, what it asked for and has not
// written to included. How much of it is in memory is for vision/bench to say.
func TestMemory(t *testing.T) {
	heap := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	size := Size{1920, 1080}
	src := camera.New("endless", func(_, _, _ int) (raw.Source, error) { return &endless{}, nil })
	plan := doorPlan(Blur)
	plan.Shadow = true
	plan.Zones = [][]Point{polygon(3875, 444, 6125, 444, 6650, 9778, 3350, 9778)}
	before := heap()
	s, err := Open(src, size, 30, plan)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Settle(Tint{1, 2, 3})
	s.Visit(true)
	for range 10 { // all of the ring
		if _, _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	frames := 3 * size.Width * size.Height * 3 / 2
	taken := heap() - before + frames
	t.Logf("%.1f MB, of which %.1f MB are the camera's frames", float64(taken)/1e6, float64(frames)/1e6)
	if taken > 25<<20 || taken < frames {
		t.Errorf("%d bytes", taken)
	}
	runtime.KeepAlive(s)
}
