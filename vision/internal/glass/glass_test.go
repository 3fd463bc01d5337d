package glass

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

func middle(t *testing.T, w, h int) *zone.Blocks {
	t.Helper()
	b, err := zone.Shrink([][]zone.Point{{{X: 3000, Y: 1500}, {X: 7000, Y: 1500}, {X: 7000, Y: 9500}, {X: 3000, Y: 9500}}}, false, w, h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func noise(seed uint64, w, h int) *raw.Frame {
	rnd := rand.New(rand.NewPCG(seed, 3))
	f := raw.New(w, h)
	for _, p := range [3][]byte{f.Y, f.Cb, f.Cr} {
		for i := range p {
			p[i] = byte(rnd.Uint32())
		}
	}
	return f
}

func sum(p *Planes) string {
	h := sha256.New()
	h.Write(p.Y)
	h.Write(p.Cb)
	h.Write(p.Cr)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// The bytes of the glass are fixed for all machines and versions: a record made with one nonce looks
// the same tomorrow. A change here is a change of what people see.
func TestGlassIsTheSameEverywhere(t *testing.T) {
	var tint Tint
	for i := range tint {
		tint[i] = byte(i * 37)
	}
	for _, c := range []struct {
		name string
		got  *Planes
		want string
	}{
		{"frosted", Frosted(640, 480, [16]byte{1, 2, 3}), "28eccacd7bce7097"},
		{"blur", Blurred(640, 480, tint, middle(t, 640, 480)), "3302988dd095bab4"},
	} {
		if got := sum(c.got); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestFrostedDependsOnTheNonce(t *testing.T) {
	a, b := Frosted(320, 240, [16]byte{}), Frosted(320, 240, [16]byte{15: 1})
	if bytes.Equal(a.Y, b.Y) || bytes.Equal(a.Cb, b.Cb) || bytes.Equal(a.Cr, b.Cr) {
		t.Error("two nonces give the same glass")
	}
	if !bytes.Equal(a.Y, Frosted(320, 240, [16]byte{}).Y) {
		t.Error("one nonce gives two glasses")
	}
}

func TestTintKeepsColours(t *testing.T) {
	for _, c := range []struct{ y, cb, cr int }{
		{16, 128, 128}, {235, 128, 128}, {126, 128, 128}, {90, 110, 150}, {180, 140, 112},
	} {
		f := raw.New(640, 480)
		fill := func(p []byte, v int) {
			for i := range p {
				p[i] = byte(v)
			}
		}
		fill(f.Y, c.y)
		fill(f.Cb, c.cb)
		fill(f.Cr, c.cr)
		tint := Measure(f, nil)
		for i := range Cols * Rows {
			y, cb, cr := tint.colour(i)
			if y < c.y-8 || y > c.y+8 || cb < c.cb-3 || cb > c.cb+3 || cr < c.cr-3 || cr > c.cr+3 {
				t.Fatalf("cell %d of %v is %d %d %d", i, c, y, cb, cr)
			}
			if c.cb == 128 && cb != 128 || c.cr == 128 && cr != 128 {
				t.Fatalf("grey became a colour: %d %d", cb, cr)
			}
		}
	}
}

func TestTintPacksAllCells(t *testing.T) {
	var tint Tint
	for i := range Cols * Rows {
		tint.put(i, i%16, (i+5)%16, (i+11)%16)
	}
	for i := range Cols * Rows {
		y, cb, cr := tint.colour(i)
		if y != 16+i%16*219/15 || cb != 128+((i+5)%16-8)*6 || cr != 128+((i+11)%16-8)*6 {
			t.Fatalf("cell %d: %d %d %d", i, y, cb, cr)
		}
	}
	if len(tint) != 216 {
		t.Errorf("a tint has %d bytes", len(tint))
	}
}

// What is shown has no part in the tint: whatever stands in the doorway, the glass is the same.
func TestTintIgnoresTheZone(t *testing.T) {
	const w, h = 656, 488 // half a block at the right and below
	shown := middle(t, w, h)
	a, b := noise(1, w, h), noise(2, w, h)
	for y := range h {
		for x := range w {
			if !shown.Shown(x, y) {
				b.Y[y*w+x] = a.Y[y*w+x]
				b.Cb[y/2*w/2+x/2], b.Cr[y/2*w/2+x/2] = a.Cb[y/2*w/2+x/2], a.Cr[y/2*w/2+x/2]
			}
		}
	}
	if Measure(a, shown) != Measure(b, shown) {
		t.Error("the zone's pixels are in the tint")
	}
	if Measure(a, nil) == Measure(b, nil) {
		t.Error("the two frames are not different enough to test this")
	}
}

// Glass is smooth: no step between neighbours that could be an edge of the home, and never outside the
// range that encoders expect.
func TestGlassIsSmooth(t *testing.T) {
	var tint Tint
	rnd := rand.New(rand.NewPCG(5, 5))
	for i := range tint {
		tint[i] = byte(rnd.Uint32())
	}
	for name, p := range map[string]*Planes{
		"frosted": Frosted(640, 480, [16]byte{9}), "blur": Blurred(640, 480, tint, nil),
	} {
		for y := range 480 {
			for x := range 640 {
				v := int(p.Y[y*640+x])
				if v < 16 || v > 235 {
					t.Fatalf("%s: luma %d", name, v)
				}
				if x > 0 {
					if d := v - int(p.Y[y*640+x-1]); d < -12 || d > 12 {
						t.Fatalf("%s: a step of %d at %d,%d", name, d, x, y)
					}
				}
			}
		}
	}
}

// A cell that is all shown takes its neighbours' colours, so its own are not needed.
func TestShownCellsHaveNoColour(t *testing.T) {
	shown := middle(t, 640, 480)
	tint := Measure(noise(4, 640, 480), shown)
	other := tint
	empty := 0
	for r := range Rows {
		for c := range Cols {
			if !hidden(r, c, 640, 480, shown) {
				empty++
				other.put(r*Cols+c, 15, 0, 15)
			}
		}
	}
	if empty == 0 {
		t.Fatal("no cell is all shown: this tests nothing")
	}
	if sum(Blurred(640, 480, tint, shown)) != sum(Blurred(640, 480, other, shown)) {
		t.Error("a cell without a hidden pixel has a say in the glass")
	}
}

func BenchmarkGlass(b *testing.B) {
	f := noise(1, 1280, 720)
	b.Run("720p frosted", func(b *testing.B) {
		for b.Loop() {
			Frosted(1280, 720, [16]byte{})
		}
	})
	b.Run("720p tint", func(b *testing.B) {
		for b.Loop() {
			Measure(f, nil)
		}
	})
}
