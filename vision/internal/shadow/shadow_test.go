package shadow_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/shadow"
	"vestibule/vision/internal/zone"
)

// before is a watch that has learnt an empty room and a frame of it.
func before(t testing.TB) (*shadow.Watch, *raw.Frame, *zone.Blocks) {
	t.Helper()
	shown, err := zone.Shrink([][]zone.Point{{{X: 4000, Y: 500}, {X: 6000, Y: 500}, {X: 6000, Y: 9500}, {X: 4000, Y: 9500}}}, false, 1280, 720)
	if err != nil {
		t.Fatal(err)
	}
	w, f := shadow.New(shown, 1280, 720), raw.New(1280, 720)
	for i := range f.Y {
		f.Y[i] = byte(60 + i%1280/10 + i/1280%40)
	}
	for range 30 {
		f.At += 150 * time.Millisecond
		w.Look(f, false)
	}
	return w, f, shown
}

// A shadow comes at most twice a second, during a visit only, never where all of a cell is shown, and costs
// no memory.
func TestPace(t *testing.T) {
	w, f, _ := before(t)
	given := 0
	allocations := testing.AllocsPerRun(300, func() {
		f.At += 33 * time.Millisecond
		if _, fresh := w.Look(f, true); fresh {
			given++
		}
	})
	if given < 15 || given > 21 || allocations > 0 {
		t.Errorf("%d shadows in 10 s, %v allocations a frame", given, allocations)
	}
	for range 300 {
		f.At += 33 * time.Millisecond
		if _, fresh := w.Look(f, false); fresh {
			t.Fatal("a shadow without a visit")
		}
	}
	// All of the picture is somebody else's now: no cell of the zone may be in shadow.
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		f.At += 100 * time.Millisecond
		for y := 200; y < 600; y++ {
			for x := range 1280 {
				f.Y[y*1280+x] = byte(rnd.Uint32())
			}
		}
		s, _ := w.Look(f, true)
		for row := 1; row < 8; row++ {
			for col := 7; col < 9; col++ {
				if s.At(row, col) {
					t.Fatalf("cell %d, %d is shown, and in shadow", row, col)
				}
			}
		}
	}
}

// What was learnt of the interior is gone after Close.
func TestClose(t *testing.T) {
	w, f, _ := before(t)
	w.Look(f, true)
	w.Close()
	if !w.Blank() {
		t.Error("something is left")
	}
}

func BenchmarkLook(b *testing.B) {
	w, f, _ := before(b)
	b.ReportAllocs()
	for b.Loop() {
		f.At += time.Second / 30
		w.Look(f, true)
	}
}
