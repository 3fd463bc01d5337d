package watch

import (
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/vision"
	"vestibule/vision/encode"
)

func TestThePaceKeepsToItsBounds(t *testing.T) {
	c := Camera{Size: vision.Size{Width: 1280, Height: 720}, FPS: 30, Kbit: 2000}
	const s = time.Second
	p := fullPace(c)
	for i, step := range []struct {
		line        int
		at          time.Duration
		kbit, every int
	}{
		{0, 10 * s, 2000, 1}, // nobody says
		{5000, 11 * s, 2000, 1},
		{1000, 12 * s, 1000, 1},
		{-7, 13 * s, leastKbit, 3},
		{1, 14 * s, leastKbit, 3},
		{300, 15 * s, 300, 3},
		{310, 16 * s, 300, 3}, // not worth it
		{290, 17 * s, 290, 3}, // too much would wait in a queue
		{500, 17*s + paceSpacing - 1, 290, 3},
		{500, 17*s + paceSpacing, 500, 2},
		{1 << 40, 18 * s, 2000, 1},
		{700, 19 * s, 700, 1},
		{0, 20 * s, 2000, 1}, // its connection has ended
	} {
		before := p
		if told := p.follow(c, step.line, step.at); p.kbit != step.kbit || p.every != step.every || told != (p.kbit != before.kbit) {
			t.Errorf("step %d: a line of %d kbit/s makes %d kbit/s of one frame in %d (told: %v), want %d and %d", i, step.line, p.kbit, p.every, told, step.kbit, step.every)
		}
	}

	// Whatever is said how often, there are four changes a second and no more.
	p, changes := fullPace(c), 0
	for i := range 3000 {
		if p.follow(c, 200+i*7919%1800, 100*s+time.Duration(i)*time.Millisecond) {
			changes++
		}
	}
	if changes > 12 {
		t.Errorf("%d changes in 3 s", changes)
	}
}

func TestASlowCameraIsNotThinned(t *testing.T) {
	for fps, want := range map[int]int{1: 1, 10: 1, 15: 1, 16: 2, 30: 3, 60: 3} {
		if got := thin(Camera{Size: vision.Size{Width: 1280, Height: 720}, FPS: fps, Kbit: 2000}, 1); got != want {
			t.Errorf("at %d frames a second one in %d is encoded, want %d", fps, got, want)
		}
	}
}

func TestFramesAreLeftOutByTheirTime(t *testing.T) {
	c := Camera{FPS: 30}
	frame := time.Second / 30
	p := pace{every: 3}
	for since, out := range map[time.Duration]bool{frame: true, 2 * frame: true, 3*frame - time.Millisecond: false, 3 * frame: false} {
		if p.leavesOut(c, since) != out {
			t.Errorf("%v after the last one: left out %v, want %v", since, !out, out)
		}
	}
	if (&pace{every: 1}).leavesOut(c, 0) {
		t.Error("a frame is left out at the full pace")
	}
}

func TestTheEncoderIsTheChosenOneWhereItsFormatIsTaken(t *testing.T) {
	for _, c := range []struct {
		chosen encode.Kind
		wanted pipe.Format
		want   encode.Kind
	}{
		{encode.X264, "", encode.X264},
		{encode.OpenH264, pipe.H264, encode.OpenH264},
		{encode.OpenH264, pipe.VP8, encode.VP8},
		{encode.VP8, "", encode.VP8},
		{encode.VP8, pipe.H264, encode.X264},
		{encode.X264, "av1", encode.X264}, // nothing that eye knows
	} {
		if got := kindFor(c.chosen, c.wanted); got != c.want {
			t.Errorf("%s is chosen and %q wanted: %s, want %s", c.chosen, c.wanted, got, c.want)
		}
	}
}
