package main

import (
	"bytes"
	"testing"

	"vestibule/vision"
)

func TestNearestSize(t *testing.T) {
	for _, c := range []struct{ w, h, wantW, wantH int }{
		{768, 576, 768, 576},
		{321, 241, 320, 240},
		{4000, 3000, 1440, 1080},
		{3000, 4000, 1080, 1440},
		{160, 120, 320, 240},
		{3840, 2160, 1920, 1080},
		{1920, 1200, 1728, 1080},
	} {
		if got, want := nearest(c.w, c.h), (vision.Size{Width: c.wantW, Height: c.wantH}); got != want || got.Check() != nil {
			t.Errorf("%dx%d becomes %v, want %v", c.w, c.h, got, want)
		}
	}
	for _, c := range [][2]int{{3000, 200}, {0, 0}, {1, 1000}} {
		if got := nearest(c[0], c[1]); got.Check() == nil {
			t.Errorf("%v becomes %v", c, got)
		}
	}
}

func TestFraction(t *testing.T) {
	for _, c := range []struct {
		rate     float64
		num, den int
	}{
		{25, 25, 1}, {30, 30, 1}, {29.97, 30000, 1001}, {30000.0 / 1001, 30000, 1001}, {23.976, 24000, 1001}, {59.94, 60000, 1001},
		{10, 10, 1}, {12.5, 12500, 1000}, {1, 1, 1}, {7.3, 7300, 1000},
	} {
		if num, den := fraction(c.rate); num != c.num || den != c.den {
			t.Errorf("%v is %d/%d, want %d/%d", c.rate, num, den, c.num, c.den)
		}
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		n, total int
		want     string
	}{
		{50, 100, "[###############...............] 50 of 100 pictures, 10s left"},
		{100, 100, "[##############################] 100 of 100 pictures, 0s left"},
		{0, 100, "[..............................] 0 of 100 pictures, 16m40s left"},
		{50, 0, "50 pictures, 5 a second"},
		{50, 40, "50 pictures, 5 a second"},
	} {
		if got := line(c.n, c.total, 10e9); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.n, c.total, got, c.want)
		}
	}
	if b := newBar(new(bytes.Buffer), 10); b != nil {
		t.Error("what is no terminal gets a bar")
	}
	var none *bar
	none.at(5) // and no harm done
	none.clear()
}
