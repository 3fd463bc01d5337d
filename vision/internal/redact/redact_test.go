package redact

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

var doorway = []zone.Point{{X: 3875, Y: 444}, {X: 6125, Y: 444}, {X: 6650, Y: 9778}, {X: 3350, Y: 9778}}

func blocks(t testing.TB, w, h int) *zone.Blocks {
	t.Helper()
	b, err := zone.Shrink([][]zone.Point{doorway}, false, w, h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// interiors are pictures that an adversary would try: extremes, flicker, patterns on the zone's very edge.
var interiors = []struct {
	name string
	at   func(rnd *rand.Rand, x, y, n int) byte
}{
	{"black", func(*rand.Rand, int, int, int) byte { return 0 }},
	{"white", func(*rand.Rand, int, int, int) byte { return 255 }},
	{"noise", func(rnd *rand.Rand, _, _, _ int) byte { return byte(rnd.Uint32()) }},
	{"flicker", func(_ *rand.Rand, _, _, n int) byte { return byte(n % 2 * 255) }},
	{"checkers", func(_ *rand.Rand, x, y, _ int) byte { return byte((x + y) % 2 * 255) }},
	{"edges", func(_ *rand.Rand, x, y, _ int) byte { return byte((x/16 + y/16) % 2 * 255) }},
}

// paint fills what is hidden of a frame with one thing and what is shown with another.
func paint(f *raw.Frame, shown *zone.Blocks, in func(x, y int) byte, out func(x, y int) byte) {
	for y := range f.Height {
		for x := range f.Width {
			v := in
			if shown.Shown(x, y) {
				v = out
			}
			f.Y[y*f.Width+x] = v(x, y)
			if x%2 == 0 && y%2 == 0 {
				c := y/2*f.Width/2 + x/2
				f.Cb[c], f.Cr[c] = v(x+1, y), v(x, y+1)
			}
		}
	}
}

func same(a, b *Picture) bool {
	return bytes.Equal(a.Y, b.Y) && bytes.Equal(a.Cb, b.Cb) && bytes.Equal(a.Cr, b.Cr)
}

// Non-interference: two homes that differ only in what is hidden give byte-identical pictures. Frosted:
// always. Blur: from the frame on at which both have the same tint.
func TestNonInterference(t *testing.T) {
	for at, size := range [][2]int{{320, 240}, {328, 248}, {240, 320}} { // the second ends in the middle of a block
		w, h := size[0], size[1]
		shown := blocks(t, w, h)
		for _, blur := range []bool{false, true} {
			for i, one := range interiors {
				for j, two := range interiors[:i+1] {
					if (i+j)%3 != at {
						continue
					}
					t.Run(fmt.Sprintf("%dx%d/blur=%v/%s-%s", w, h, blur, one.name, two.name), func(t *testing.T) {
						seed := uint64(w*1000 + i*10 + j)
						rnd := rand.New(rand.NewPCG(seed, 1))
						cfg := Config{Width: w, Height: h, Zone: shown, Blur: blur, Nonce: [16]byte{byte(seed)}, Fade: i % 2 * 12,
							Lamp: zone.Box{Min: zone.Point{X: 1000, Y: 1000}, Max: zone.Point{X: 5000, Y: 5000}}}
						a, b := New(cfg), New(cfg)
						fa, fb := raw.New(w, h), raw.New(w, h)
						first := 0
						if blur { // the first frame is one and the same, and so is the tint
							a.Settle(a.Measure(fa))
							b.Settle(b.Measure(fb))
							first = 1
						}
						for n := first; n < first+4; n++ {
							door := func(x, y int) byte { return byte(x*7 ^ y*13 + n*31) }
							paint(fa, shown, func(x, y int) byte { return one.at(rnd, x, y, n) }, door)
							paint(fb, shown, func(x, y int) byte { return two.at(rnd, x, y, n+1) }, door)
							if !same(a.Compose(fa), b.Compose(fb)) {
								t.Fatalf("frame %d differs", n)
							}
							if !same(a.Full(), b.Full()) {
								t.Fatalf("the full glass differs after frame %d", n)
							}
							if a.Lamp(fa) != b.Lamp(fb) {
								t.Fatalf("the lamp's measure differs in frame %d", n)
							}
						}
					})
				}
			}
		}
	}
}

// The positive control: the comparison above does see a single pixel of the zone.
func TestComparisonSeesOnePixel(t *testing.T) {
	shown := blocks(t, 320, 240)
	cfg := Config{Width: 320, Height: 240, Zone: shown}
	a, b := New(cfg), New(cfg)
	f := raw.New(320, 240)
	one := a.Compose(f)
	f.Y[shown.Runs()[0].Y*320+shown.Runs()[0].X]++
	if same(one, b.Compose(f)) {
		t.Error("a pixel of the zone changed and the pictures are the same")
	}
}

// Two first frames with the same tint, not the same pixels, give the same glass.
func TestBlurKnowsOnlyTheTint(t *testing.T) {
	const w, h = 640, 480
	shown := blocks(t, w, h)
	f, g := raw.New(w, h), raw.New(w, h)
	paint(f, shown, func(x, y int) byte { return 120 }, func(x, y int) byte { return 50 })
	paint(g, shown, func(x, y int) byte { return byte(118 + (x+y)%2*4) }, func(x, y int) byte { return 50 })
	if glass.Measure(f, shown) != glass.Measure(g, shown) {
		t.Fatal("the frames were meant to have the same tint")
	}
	cfg := Config{Width: w, Height: h, Zone: shown, Blur: true}
	a, b := New(cfg), New(cfg)
	a.Settle(a.Measure(f))
	b.Settle(b.Measure(g))
	if !same(a.Compose(f), b.Compose(g)) {
		t.Error("the glass knows more than the tint")
	}
}

// The colours are settled once, whatever comes later; a tint of before counts as settled.
func TestTintIsSettledOnce(t *testing.T) {
	const w, h = 320, 240
	shown := blocks(t, w, h)
	f := raw.New(w, h)
	paint(f, shown, func(x, y int) byte { return 200 }, func(x, y int) byte { return 50 })
	first := glass.Measure(f, shown)
	for _, before := range []*glass.Tint{nil, &first} {
		r := New(Config{Width: w, Height: h, Zone: shown, Blur: true, Tint: before})
		if before == nil {
			frosted := r.Full()
			r.Compose(f)
			if _, ok := r.Tint(); ok || r.Full() != frosted {
				t.Fatal("composing took colours")
			}
			r.Settle(r.Measure(f))
			if r.Full() == frosted {
				t.Fatal("settling changed nothing")
			}
		}
		full := r.Full()
		paint(f, shown, func(x, y int) byte { return 30 }, func(x, y int) byte { return 60 })
		r.Settle(r.Measure(f))
		if tint, ok := r.Tint(); !ok || tint != first || r.Full() != full {
			t.Error("the colours were settled again")
		}
		p := r.Compose(f)
		if !bytes.Equal(p.Y[:20], full.Y[:20]) {
			t.Error("the picture's glass is not the full glass")
		}
		paint(f, shown, func(x, y int) byte { return 200 }, func(x, y int) byte { return 50 })
	}
	r := New(Config{Width: w, Height: h, Zone: shown, Tint: &first})
	r.Settle(first)
	if _, ok := r.Tint(); ok {
		t.Error("frosted glass took colours")
	}
}

// A picture whose glass was drawn before the colours were settled gets them with its next turn.
func TestSettlingReachesThePictures(t *testing.T) {
	const w, h = 320, 240
	shown := blocks(t, w, h)
	r := New(Config{Width: w, Height: h, Zone: shown, Blur: true})
	f := raw.New(w, h)
	var old [ring]*Picture
	for i := range old {
		old[i] = r.Compose(f)
	}
	r.Settle(glass.Measure(f, shown))
	for i := range old {
		p := r.Compose(f)
		if p != old[i] {
			t.Error("settling took new memory")
		}
		if !bytes.Equal(p.Y[:30], r.Full().Y[:30]) {
			t.Errorf("picture %d has other colours than the full glass", i)
		}
	}
}

// After Wipe nothing that was shown is left in the memory of any picture, and all of them have ended.
func TestWipe(t *testing.T) {
	const w, h = 320, 240
	given := &glass.Tint{77}
	r := New(Config{Width: w, Height: h, Zone: blocks(t, w, h), Blur: true, Tint: given, Fade: 12})
	f := raw.New(w, h)
	paint(f, r.cfg.Zone, func(x, y int) byte { return 1 }, func(x, y int) byte { return 99 })
	r.SetShadow(glass.Shadow{1, 2, 3})
	all := []*Picture{r.Full()}
	for range ring {
		all = append(all, r.Compose(f))
	}
	var turns []uint64
	for _, p := range all {
		turns = append(turns, p.Turn())
	}
	r.Wipe()
	for i, p := range all {
		if p.Turn() == turns[i] {
			t.Errorf("picture %d has not ended", i)
		}
		for _, plane := range [3][]byte{p.Y, p.Cb, p.Cr} {
			if bytes.Count(plane, []byte{0}) != len(plane) {
				t.Errorf("picture %d is left in memory", i)
			}
		}
	}
	if tint, _ := r.Tint(); tint != (glass.Tint{}) || r.cfg.Tint != nil {
		t.Error("the tint is left in memory")
	}
	if *given != (glass.Tint{77}) {
		t.Error("the caller's own copy is gone too")
	}
	if !reflect.ValueOf(*r.veil).IsZero() {
		t.Error("the veil still knows what it lay on")
	}
	for _, p := range r.ring {
		if !reflect.ValueOf(p.cast).IsZero() {
			t.Error("a picture still knows its shadow")
		}
	}
}

// What is shown is exactly the camera's, what is hidden exactly the glass (or the thin rim).
func TestComposition(t *testing.T) {
	for _, size := range [][2]int{{320, 240}, {1280, 720}, {1920, 1080}, {1080, 1920}, {328, 250}} {
		w, h := size[0], size[1]
		shown := blocks(t, w, h)
		r := New(Config{Width: w, Height: h, Zone: shown})
		f := raw.New(w, h)
		rnd := rand.New(rand.NewPCG(1, 1))
		paint(f, shown, func(int, int) byte { return byte(rnd.Uint32()) }, func(int, int) byte { return byte(rnd.Uint32()) })
		p, full := r.Compose(f), r.Full()
		for y := range h {
			for x := range w {
				i, c := y*w+x, y/2*(w/2)+x/2
				if shown.Shown(x, y) {
					if p.Y[i] != f.Y[i] || p.Cb[c] != f.Cb[c] || p.Cr[c] != f.Cr[c] {
						t.Fatalf("%dx%d: %d,%d is shown and not the camera's", w, h, x, y)
					}
				} else if (p.Y[i] != full.Y[i] || p.Cb[c] != full.Cb[c] || p.Cr[c] != full.Cr[c]) && !nearShown(shown, x, y) {
					t.Fatalf("%dx%d: %d,%d is hidden and not glass", w, h, x, y)
				}
			}
		}
	}
}

// nearShown reports whether the zone's frame may reach there.
func nearShown(b *zone.Blocks, x, y int) bool {
	for _, u := range [5]int{-28, -14, 0, 14, 28} {
		for _, v := range [5]int{-28, -14, 0, 14, 28} {
			if b.Shown(x+u, y+v) {
				return true
			}
		}
	}
	return false
}

// The full glass never holds a pixel of a camera, also when it is asked for between frames.
func TestFullGlassIsNeverWritten(t *testing.T) {
	const w, h = 640, 480
	r := New(Config{Width: w, Height: h, Zone: blocks(t, w, h), Nonce: [16]byte{7}})
	want := glass.Frosted(w, h, [16]byte{7})
	f := raw.New(w, h)
	for n := range 10 {
		for i := range f.Y {
			f.Y[i] = byte(n * 20)
		}
		p, full := r.Compose(f), r.Full()
		if &p.Y[0] == &full.Y[0] || &p.Y[0] == &f.Y[0] {
			t.Fatal("pictures share memory")
		}
		if !bytes.Equal(full.Y, want.Y) || !bytes.Equal(full.Cb, want.Cb) || !bytes.Equal(full.Cr, want.Cr) {
			t.Fatalf("the full glass has changed at frame %d", n)
		}
	}
}

func TestWithoutZoneAllIsGlass(t *testing.T) {
	r := New(Config{Width: 320, Height: 240, Blur: true})
	if r.Compose(raw.New(320, 240)) != r.Full() {
		t.Error("a picture without a zone is not the full glass")
	}
	if _, ok := r.Tint(); ok {
		t.Error("it took a tint")
	}
}

func TestLampIsMeasuredInTheZoneOnly(t *testing.T) {
	const w, h = 320, 240
	shown := blocks(t, w, h)
	f := raw.New(w, h)
	paint(f, shown, func(x, y int) byte { return 255 }, func(x, y int) byte { return 90 })
	at := func(x0, y0, x1, y1 int) zone.Box {
		return zone.Box{Min: zone.Point{X: x0, Y: y0}, Max: zone.Point{X: x1, Y: y1}}
	}
	for _, c := range []struct {
		name string
		box  zone.Box
		want uint16
	}{
		{"inside", at(4500, 4500, 5500, 5500), 90 * 256},
		{"across the edge", at(1000, 4500, 5500, 5500), 90 * 256},
		{"outside", at(0, 0, 2000, 2000), 0},
		{"none", zone.Box{}, 0},
		{"inside out", at(5500, 5500, 4500, 4500), 0},
	} {
		if got := New(Config{Width: w, Height: h, Zone: shown, Lamp: c.box}).Lamp(f); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestComposeAllocatesNothing(t *testing.T) {
	const w, h = 640, 480
	r := New(Config{Width: w, Height: h, Zone: blocks(t, w, h), Blur: true,
		Lamp: zone.Box{Min: zone.Point{X: 4500, Y: 4500}, Max: zone.Point{X: 5500, Y: 5500}}})
	f := raw.New(w, h)
	for range ring {
		r.Compose(f)
	}
	if n := testing.AllocsPerRun(50, func() { r.Compose(f); r.Lamp(f); r.Full() }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestTurnsTellUsedMemory(t *testing.T) {
	r := New(Config{Width: 320, Height: 240, Zone: blocks(t, 320, 240)})
	f := raw.New(320, 240)
	p := r.Compose(f)
	turn := p.Turn()
	for range ring - 1 {
		r.Compose(f)
	}
	if p.Turn() != turn {
		t.Error("a picture was used again too soon")
	}
	if r.Compose(f) != p || p.Turn() == turn {
		t.Error("a picture that is used again does not say so")
	}
}

// BenchmarkCompose sets composing a frame beside copying one, by turns in the same run. More, in processor time and with
// all that looks on, is measured by vision/bench.
func BenchmarkCompose(b *testing.B) {
	const many = 8 // frames, so that no cache holds them all
	for _, size := range [][2]int{{1280, 720}, {1920, 1080}} {
		w, h := size[0], size[1]
		var frames [many]*raw.Frame
		for i := range frames {
			frames[i] = raw.New(w, h)
		}
		var copies [ring]*glass.Planes
		for i := range copies {
			copies[i] = glass.NewPlanes(w, h)
		}
		for _, z := range []struct {
			name   string
			zone   []zone.Point
			shadow bool
		}{
			{"doorway 25%", doorway, false},
			{"doorway 25% and somebody", doorway, true},
			{"largest 60%", []zone.Point{{X: 0, Y: 0}, {X: 10000, Y: 0}, {X: 10000, Y: 6000}, {X: 0, Y: 6000}}, false},
		} {
			shown, err := zone.Shrink([][]zone.Point{z.zone}, false, w, h)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%dp %s", h, z.name), func(b *testing.B) {
				r := New(Config{Width: w, Height: h, Zone: shown, Blur: true,
					Lamp: zone.Box{Min: zone.Point{X: 4000, Y: 2000}, Max: zone.Point{X: 4400, Y: 2600}}})
				for range ring {
					r.Compose(frames[0])
				}
				var ours, plain time.Duration
				n := 0
				b.ReportAllocs()
				for b.Loop() {
					f, to := frames[n%many], copies[n%ring]
					if z.shadow && n%15 == 0 { // twice a second, and by a cell further each time
						var s glass.Shadow
						for row := 2; row < glass.Rows; row++ {
							s.Set(row, n/15%15)
							s.Set(row, n/15%15+1)
						}
						r.SetShadow(s)
					}
					start := time.Now()
					r.Compose(f)
					r.Lamp(f)
					composed := time.Now()
					copy(to.Y, f.Y)
					copy(to.Cb, f.Cb)
					copy(to.Cr, f.Cr)
					plain += time.Since(composed)
					ours += composed.Sub(start)
					n++
				}
				b.ReportMetric(float64(ours.Nanoseconds())/float64(n), "ns/compose")
				b.ReportMetric(float64(plain.Nanoseconds())/float64(n), "ns/memcpy")
				b.ReportMetric(float64(ours)/float64(plain), "of-memcpy")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
