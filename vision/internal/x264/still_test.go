package x264

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"vestibule/vision/internal/glass"
)

// walk is glass before which something moves, and from time to time a block of the glass becomes another.
func walk(w, h, n int) (pictures []*glass.Planes) {
	rnd := rand.New(rand.NewPCG(7, 8))
	p := glass.Frosted(w, h, [16]byte{1})
	for i := range n {
		p = p.Clone()
		for y := h / 4; y < h/2; y++ { // what is shown, with a sensor's noise
			for x := w / 4; x < w/2; x++ {
				p.Y[y*w+x] = byte(60 + (x+4*i)%80 + rnd.IntN(5))
			}
		}
		if i%5 == 4 {
			x0, y0 := rnd.IntN(w/2-8)*2, rnd.IntN(h/2-8)*2
			for y := y0; y < y0+16; y++ {
				for x := x0; x < x0+16; x++ {
					p.Y[y*w+x], p.Cb[y/2*(w/2)+x/2], p.Cr[y/2*(w/2)+x/2] = 200, 90, 160
				}
			}
		}
		pictures = append(pictures, p)
	}
	return pictures
}

// off is by how much a decoder's luma differs, at most over the means of 4x4 pixels.
func off(was, is []byte, w, h int) (worst int) {
	for y := 0; y+4 <= h; y += 4 {
		for x := 0; x+4 <= w; x += 4 {
			sum := 0
			for r := range 4 {
				for c := range 4 {
					i := (y+r)*w + x + c
					sum += int(was[i]) - int(is[i])
				}
			}
			worst = max(worst, sum/16, -sum/16)
		}
	}
	return worst
}

// What is the same is not looked at again; what has changed is seen at once, wherever it is, also where the border cuts a
// block.
func TestWhatChangesIsSeen(t *testing.T) {
	for _, size := range [][2]int{{320, 240}, {344, 250}} {
		w, h := size[0], size[1]
		open := func() *Encoder {
			e, err := Open(Config{Width: w, Height: h, FPS: 30, Kbit: 8000, Recon: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Close)
			return e
		}
		told, plain := open(), open()
		var last *glass.Planes
		var bits, plainBits int
		for i, p := range walk(w, h, 40) {
			if last != nil {
				told.After(last.Y, last.Cb, last.Cr)
			}
			last = p
			if i == 20 {
				told.KeyNext()
				plain.KeyNext()
			}
			unit, key, err := told.Encode(p.Y, p.Cb, p.Cr)
			if err != nil {
				t.Fatal(err)
			}
			other, _, err := plain.Encode(p.Y, p.Cb, p.Cr)
			if err != nil {
				t.Fatal(err)
			}
			if key != (i == 0 || i == 20) {
				t.Errorf("picture %d: key %v", i, key)
			}
			bits, plainBits = bits+8*len(unit), plainBits+8*len(other)
			seen, _, _ := told.Seen()
			seenPlain, _, _ := plain.Seen()
			if d, limit := off(p.Y, seen, w, h), off(p.Y, seenPlain, w, h)+4; d > limit {
				t.Fatalf("%dx%d: picture %d is off by %d levels, want at most %d", w, h, i, d, limit)
			}
		}
		if bits > plainBits*11/10 {
			t.Errorf("%dx%d: %d bits, %d where every block is looked at", w, h, bits, plainBits)
		}
	}
}

// The positive control: were a picture said to be the last one that was not, the old one would be seen in places.
func TestAFalseLastPictureIsSeen(t *testing.T) {
	const w, h = 320, 240
	e, err := Open(Config{Width: w, Height: h, FPS: 30, Kbit: 8000, Recon: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	first, second := glass.Frosted(w, h, [16]byte{1}), glass.Frosted(w, h, [16]byte{2})
	const settled = 20 // until it gets no finer
	for i := range settled + 1 {
		p := first
		if i == settled {
			p = second
		}
		if i > 0 {
			e.After(p.Y, p.Cb, p.Cr) // of the second it is not true
		}
		if _, _, err := e.Encode(p.Y, p.Cb, p.Cr); err != nil {
			t.Fatal(err)
		}
	}
	seen, _, _ := e.Seen()
	if off(second.Y, seen, w, h) <= 3 {
		t.Error("what is not looked at is seen")
	}
	// It holds for one Encode.
	if _, _, err := e.Encode(second.Y, second.Cb, second.Cr); err != nil {
		t.Fatal(err)
	}
	if seen, _, _ = e.Seen(); off(second.Y, seen, w, h) > 4 {
		t.Error("what was said of one picture counts for the next")
	}
}

// A mark is a mark for each block, and none for those that the border cuts.
func TestComparing(t *testing.T) {
	const w, h = 40, 36
	e, err := Open(Config{Width: w, Height: h, FPS: 30, Kbit: 500})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a := glass.Frosted(w, h, [16]byte{1})
	marks := func(change func(p *glass.Planes)) []byte {
		b := a.Clone()
		change(b)
		e.count = 1
		e.After(a.Y, a.Cb, a.Cr)
		return e.marks(b.Y, b.Cb, b.Cr)
	}
	for name, c := range map[string]struct {
		change func(p *glass.Planes)
		want   []byte
	}{
		"nothing":           {func(*glass.Planes) {}, []byte{1, 1, 0, 1, 1, 0, 0, 0, 0}},
		"luma, last pixel":  {func(p *glass.Planes) { p.Y[31*w+31]++ }, []byte{1, 1, 0, 1, 0, 0, 0, 0, 0}},
		"luma, first pixel": {func(p *glass.Planes) { p.Y[0]++ }, []byte{0, 1, 0, 1, 1, 0, 0, 0, 0}},
		"Cb":                {func(p *glass.Planes) { p.Cb[7*w/2+8]++ }, []byte{1, 0, 0, 1, 1, 0, 0, 0, 0}},
		"Cr":                {func(p *glass.Planes) { p.Cr[15*w/2+7]++ }, []byte{1, 1, 0, 0, 1, 0, 0, 0, 0}},
		"the border's":      {func(p *glass.Planes) { p.Y[35*w+39]++ }, []byte{1, 1, 0, 1, 1, 0, 0, 0, 0}},
	} {
		if got := marks(c.change); !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if e.marks(a.Y, a.Cb, a.Cr) != nil {
		t.Error("what was said of one picture counts for the next")
	}
	e.After(a.Y[1:], a.Cb, a.Cr)
	if e.marks(a.Y, a.Cb, a.Cr) != nil {
		t.Error("planes of another size are compared")
	}
}
