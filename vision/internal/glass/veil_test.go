package glass

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"vestibule/vision/internal/zone"
)

// random is a shadow of so many cells.
func random(rnd *rand.Rand, n int) (s Shadow) {
	for range n {
		s.Set(rnd.IntN(Rows), rnd.IntN(Cols))
	}
	return s
}

// person is a shadow as one leaves it, its head in the column col.
func person(col int) (s Shadow) {
	for row := 2; row < Rows; row++ {
		s.Set(row, col)
		if row > 2 {
			s.Set(row, col+1)
		}
	}
	return s
}

func tinted(rnd *rand.Rand, w, h int, shown *zone.Blocks, night bool) *Planes {
	var t Tint
	for i := range Rows * Cols {
		y := rnd.IntN(16)
		if night {
			y = rnd.IntN(16) * rnd.IntN(2) * rnd.IntN(2)
		}
		t.put(i, y, rnd.IntN(16), rnd.IntN(16))
	}
	return Blurred(w, h, t, shown)
}

// framed is a pane with the zone's frame.
func framed(p *Planes, shown *zone.Blocks) *Planes {
	q := p.Clone()
	Rim(q, shown)
	return q
}

func equal(p, q *Planes) bool {
	return bytes.Equal(p.Y, q.Y) && bytes.Equal(p.Cb, q.Cb) && bytes.Equal(p.Cr, q.Cr)
}

var veilSizes = [][2]int{{320, 240}, {482, 322}, {240, 426}, {1280, 720}}

// A body never reaches over the zone or the line of its frame, and stays within the range of encoders, on any
// pane and for any shadow.
func TestVeilKeepsOffTheZone(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range veilSizes[:3] {
		w, h := size[0], size[1]
		for _, night := range []bool{false, true} {
			shown := middle(t, w, h)
			pane := tinted(rnd, w, h, shown, night)
			base := framed(pane, shown)
			v := NewVeil(pane, shown, 3)
			p := base.Clone()
			// The zone is the camera's.
			for y := range h {
				for x := range w {
					if shown.Shown(x, y) {
						p.Y[y*w+x], p.Cb[y/2*(w/2)+x/2], p.Cr[y/2*(w/2)+x/2] = 1, 2, 3
					}
				}
			}
			q := base.Clone() // is copied from p, and its zone is of another moment
			for i := range q.Y {
				if x, y := i%w, i/w; shown.Shown(x, y) {
					q.Y[i], q.Cb[y/2*(w/2)+x/2], q.Cr[y/2*(w/2)+x/2] = 4, 5, 6
				}
			}
			var d, e Drape
			changed := 0
			for n := range 12 {
				if n%4 == 0 {
					v.Set(random(rnd, 100))
				}
				v.Step()
				v.Draw(p, &d, nil, nil)
				v.Draw(q, &e, p, &d)
				for y := range h {
					for x := range w {
						i, c := y*w+x, y/2*(w/2)+x/2
						switch {
						case shown.Shown(x, y):
							if p.Y[i] != 1 || p.Cb[c] != 2 || p.Cr[c] != 3 || q.Y[i] != 4 || q.Cb[c] != 5 || q.Cr[c] != 6 {
								t.Fatalf("%v: the zone is drawn on at %d,%d", size, x, y)
							}
						case p.Y[i] != q.Y[i] || p.Cb[c] != q.Cb[c] || p.Cr[c] != q.Cr[c]:
							t.Fatalf("%v: the copy differs at %d,%d", size, x, y)
						case onRim(shown, x&^1, y&^1, rimWidth(w, h)):
							if p.Y[i] != rimY || p.Cb[c] != 128 || p.Cr[c] != 128 {
								t.Fatalf("%v: the line is drawn on at %d,%d", size, x, y)
							}
						default:
							d := int(p.Y[i]) - int(base.Y[i])
							if p.Y[i] < 16 || p.Y[i] > 235 || d > 0 && !night || d < 0 && night || max(d, -d) > 90 {
								t.Fatalf("%v: luma %d at %d,%d, %d without a shadow", size, p.Y[i], x, y, base.Y[i])
							}
							if d != 0 {
								changed++
							}
						}
					}
				}
			}
			if changed < w*h/2 {
				t.Errorf("%v, night %v: only %d pixels were in shadow", size, night, changed)
			}
		}
	}
}

// What is on a picture depends on the shadows and the steps alone: not on what was drawn on it before, nor how
// often. And once the shadow is gone, nothing of it is left.
func TestVeilLeavesNoTrace(t *testing.T) {
	for i, size := range veilSizes {
		w, h, steps := size[0], size[1], 5+8*(i%2) // in moves of one, or of two
		rnd := rand.New(rand.NewPCG(7, uint64(w)))
		shown := middle(t, w, h)
		pane := tinted(rnd, w, h, shown, false)
		kept := pane.Clone()
		v := NewVeil(pane, shown, steps)
		if !equal(pane, kept) {
			t.Fatalf("%v: the pane was not put right again", size)
		}
		base := framed(pane, shown)
		often, seldom, copied := base.Clone(), base.Clone(), base.Clone()
		var a, b, c Drape
		for n := range 60 {
			if n%9 == 0 {
				v.Set(random(rnd, n))
			}
			v.Step()
			v.Draw(often, &a, nil, nil)
			if n%3 > 0 {
				v.Draw(copied, &c, often, &a)
			} else {
				v.Draw(copied, &c, seldom, &b) // which has not always what is now
			}
			if n%4 != 3 {
				continue
			}
			v.Draw(seldom, &b, nil, nil)
			fresh := base.Clone()
			v.Draw(fresh, &Drape{}, nil, nil)
			if !equal(often, seldom) || !equal(often, fresh) || !equal(often, copied) {
				t.Fatalf("%v: at step %d the pictures differ", size, n)
			}
		}
		if equal(often, base) {
			t.Fatalf("%v: no shadow was drawn", size)
		}
		v.Set(Shadow{})
		for range steps + 1 {
			v.Step()
		}
		v.Draw(often, &a, nil, nil)
		v.Clear()
		v.Draw(seldom, &b, nil, nil)
		if !equal(often, base) || !equal(seldom, base) {
			t.Errorf("%v: something of the shadow is left", size)
		}
	}
}

// After Wipe nothing of the pane, nor of a shadow, is left in the memory that a veil had.
func TestWipedVeilKnowsNothing(t *testing.T) {
	shown, _ := zone.Shrink([][]zone.Point{{{X: 3000, Y: 3000}, {X: 7000, Y: 3000}, {X: 7000, Y: 9000}, {X: 3000, Y: 9000}}}, false, 482, 322)
	rnd := rand.New(rand.NewPCG(5, 6))
	v := NewVeil(tinted(rnd, 482, 322, shown, false), shown, 2)
	p, drawn := framed(v.base, shown), Drape{}
	v.Set(person(3))
	v.Step()
	v.Draw(p, &drawn, nil, nil)
	memory := map[string]any{
		"the pane": [][]byte{v.base.Y, v.base.Cb, v.base.Cr}, "its tiles at the zone's frame": v.edges[:cap(v.edges)],
		"what it may give there": v.depth, "what it gives": v.light, "the sides of its tiles": v.sides,
		"the shadow": v.strength, "the shadow that was drawn": drawn.strength,
	}
	holds := func(of any) bool { return strings.ContainsAny(fmt.Sprint(of), "123456789") }
	for what, of := range memory {
		if !holds(of) {
			t.Errorf("%s is not in the veil at all", what)
		}
	}
	v.Wipe()
	drawn.Wipe()
	for what, of := range memory {
		if holds(of) {
			t.Errorf("%s is left", what)
		}
	}
	if !reflect.ValueOf(*v).IsZero() || !reflect.ValueOf(drawn).IsZero() {
		t.Error("the veil has more than that")
	}
}

// A person is seen: darker where they are by far more than elsewhere, with a soft edge and without a seam.
func TestVeilLooksSoft(t *testing.T) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}, {720, 1280}, {1920, 1080}} {
		w, h := size[0], size[1]
		pane := Frosted(w, h, [16]byte{1})
		v := NewVeil(pane, nil, 4)
		v.Set(person(5))
		p, d := pane.Clone(), Drape{}
		for range 4 {
			v.Step()
		}
		v.Draw(p, &d, nil, nil)
		dark := func(x, y int) int { return int(pane.Y[y*w+x]) - int(p.Y[y*w+x]) }
		at := func(row, col int) int { return dark((2*col+1)*w/32, (2*row+1)*h/18) }
		for row := 4; row < 8; row++ {
			if a, b := at(row, 5), at(row, 6); a < 45 || b < 45 {
				t.Errorf("%v: the body is darker by %d and %d", size, a, b)
			}
		}
		if a := at(2, 5); a < 12 {
			t.Errorf("%v: the head is darker by %d", size, a)
		}
		if a := at(4, 10); a != 0 {
			t.Errorf("%v: five cells away it is darker by %d", size, a)
		}
		most := 2 * 80 * 16 / min(w, h*16/9) // what 80 levels over half a cell are from one pixel to the next
		for y := range h {
			for x := 1; x < w; x++ {
				if s := dark(x, y) - dark(x-1, y); s > most+1 || s < -most-1 {
					t.Fatalf("%v: a step of %d at %d,%d", size, s, x, y)
				}
			}
		}
	}
}

// The bytes are the same on all machines.
func TestVeilIsTheSameEverywhere(t *testing.T) {
	shown := middle(t, 640, 480)
	pane := Frosted(640, 480, [16]byte{1, 2, 3})
	v := NewVeil(pane, shown, 12)
	p, d := framed(pane, shown), Drape{}
	v.Set(person(2))
	for range 7 {
		v.Step()
		v.Draw(p, &d, nil, nil)
	}
	if got, want := sum(p), "f9252c940df21789"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestVeilAllocatesNothing(t *testing.T) {
	shown := middle(t, 640, 480)
	pane := Frosted(640, 480, [16]byte{})
	v := NewVeil(pane, shown, 12)
	p, d, n := framed(pane, shown), Drape{}, 0
	v.Draw(p, &d, nil, nil)
	if a := testing.AllocsPerRun(50, func() {
		if n++; n%5 == 0 {
			v.Set(person(n % 14))
		}
		v.Step()
		v.Draw(p, &d, nil, nil)
	}); a != 0 {
		t.Errorf("%v allocations a step", a)
	}
}

// BenchmarkVeil is somebody who walks on by a cell twice a second, at 30 pictures a second.
func BenchmarkVeil(b *testing.B) {
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}} {
		w, h := size[0], size[1]
		b.Run(fmt.Sprintf("%dp", h), func(b *testing.B) {
			pane := Frosted(w, h, [16]byte{})
			v := NewVeil(pane, nil, 12)
			p, d := [3]*Planes{pane.Clone(), pane.Clone(), pane.Clone()}, [3]Drape{}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				if n%15 == 0 {
					v.Set(person(n / 15 % 14))
				}
				v.Step()
				v.Draw(p[n%3], &d[n%3], p[(n+2)%3], &d[(n+2)%3])
				n++
			}
		})
	}
}
