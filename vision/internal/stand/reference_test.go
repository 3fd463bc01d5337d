package stand

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// shrink returns the blocks of a zone in 1/100 of the picture.
func shrink(tb testing.TB, w, h int, corners ...[2]int) *zone.Blocks {
	tb.Helper()
	var p []zone.Point
	for _, c := range corners {
		p = append(p, zone.Point{X: c[0] * 100, Y: c[1] * 100})
	}
	b, err := zone.Shrink([][]zone.Point{p}, false, w, h)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func door(tb testing.TB, w, h int) *zone.Blocks {
	return shrink(tb, w, h, [2]int{30, 5}, [2]int{70, 5}, [2]int{75, 95}, [2]int{25, 95})
}

// boxes fills a frame with boxes and noise.
func boxes(f *raw.Frame, seed uint64, noise int) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range f.Y {
		f.Y[i] = 110
	}
	for range 80 {
		x0, y0 := r.IntN(f.Width), r.IntN(f.Height)
		v := byte(30 + r.IntN(180))
		for y := y0; y < min(y0+4+r.IntN(f.Height/6), f.Height); y++ {
			for x := x0; x < min(x0+f.Width/10, f.Width); x++ {
				f.Y[y*f.Width+x] = v
			}
		}
	}
	speckle(f.Y, noise)
}

// speckle adds noise of up to so many steps either way, from eight bytes of chance at once.
func speckle(pix []byte, noise int) {
	var chance uint64
	for i := range pix {
		if i%8 == 0 {
			chance = rand.Uint64()
		}
		pix[i] += byte(int(chance&255)*(2*noise+1)>>8 - noise)
		chance >>= 8
	}
}

// take takes a reference of boxes.
func take(tb testing.TB, shown *zone.Blocks, w, h int) []byte {
	tb.Helper()
	watch, err := New(shown, w, h, nil)
	if err != nil {
		tb.Fatal(err)
	}
	f := raw.New(w, h)
	for n := range remembered {
		if _, err := watch.Reference(); !errors.Is(err, ErrUnsteady) {
			tb.Fatalf("after %d pictures: %v", n, err)
		}
		boxes(f, 1, 2)
		f.At += 200 * time.Millisecond
		watch.Look(f)
	}
	ref, err := watch.Reference()
	if err != nil {
		tb.Fatal(err)
	}
	return ref
}

func TestReference(t *testing.T) {
	for _, size := range [][2]int{{320, 240}, {640, 480}, {1280, 720}, {720, 1280}, {1920, 1080}, {854, 480}} {
		w, h := size[0], size[1]
		shown := door(t, w, h)
		ref := take(t, shown, w, h)
		g := newGrid(shown, w, h)
		marks, err := decode(g, ref)
		if err != nil {
			t.Fatalf("%dx%d: %v", w, h, err)
		}
		t.Logf("%dx%d: %d marks in %d bytes", w, h, len(marks), len(ref))
		if !bytes.Equal(encode(g, marks), ref) {
			t.Errorf("%dx%d: it is not the same when it is written again", w, h)
		}
		if len(ref) > 4096 {
			t.Errorf("%dx%d: it has %d bytes", w, h, len(ref))
		}
		watch, err := New(shown, w, h, ref)
		if err != nil {
			t.Fatal(err)
		}
		f := raw.New(w, h)
		boxes(f, 1, 2)
		f.At = time.Second
		if watch.Look(f); watch.State() != Stands {
			t.Errorf("%dx%d: in its own picture it is %v", w, h, watch.State())
		}
	}
}

func TestReferenceOfNothing(t *testing.T) {
	const w, h = 640, 480
	shown := door(t, w, h)
	for _, c := range []struct {
		name string
		draw func(f *raw.Frame, n int)
		want error
	}{
		{"a wall", func(f *raw.Frame, _ int) {
			for i := range f.Y {
				f.Y[i] = byte(100 + i%w/16)
			}
			speckle(f.Y, 1)
		}, ErrPlain},
		{"stripes", func(f *raw.Frame, _ int) {
			for i := range f.Y {
				f.Y[i] = byte(60 + 100*(i%w/40%2))
			}
			speckle(f.Y, 1)
		}, ErrPlain},
		{"darkness", func(f *raw.Frame, _ int) {
			for i := range f.Y {
				f.Y[i] = 18
			}
			speckle(f.Y, 2)
		}, ErrPlain},
		{"another picture each time", func(f *raw.Frame, n int) { boxes(f, uint64(n), 2) }, ErrUnsteady},
	} {
		watch, err := New(shown, w, h, nil)
		if err != nil {
			t.Fatal(err)
		}
		f := raw.New(w, h)
		for n := range 10 {
			c.draw(f, n)
			f.At += 200 * time.Millisecond
			watch.Look(f)
		}
		if _, err := watch.Reference(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v instead of %v", c.name, err, c.want)
		}
	}
}

func TestReferenceRefused(t *testing.T) {
	const w, h = 640, 480
	shown := door(t, w, h)
	ref := take(t, shown, w, h)
	change := func(do func(b []byte) []byte) []byte { return do(slices.Clone(ref)) }
	for name, b := range map[string][]byte{
		"nothing":         {},
		"a word":          []byte("VSTD"),
		"only a head":     ref[:headSize],
		"a byte short":    ref[:len(ref)-1],
		"a byte too long": append(slices.Clone(ref), 0),
		"another kind":    change(func(b []byte) []byte { b[0]++; return b }),
		"another version": change(func(b []byte) []byte { b[4]++; return b }),
		"another size":    change(func(b []byte) []byte { b[6]++; return b }),
		"another shape":   change(func(b []byte) []byte { b[12]++; return b }),
		"a wrong count":   change(func(b []byte) []byte { b[headSize-1]++; return b }),
		"no marks": change(func(b []byte) []byte {
			binary.BigEndian.PutUint16(b[headSize-2:], 0)
			return b[:headSize]
		}),
		"too few": change(func(b []byte) []byte {
			binary.BigEndian.PutUint16(b[headSize-2:], leastMarks-1)
			return b[:headSize+(leastMarks-1)*markSize]
		}),
		"two out of order": change(func(b []byte) []byte {
			m := b[headSize:]
			copy(m, append(slices.Clone(m[markSize:2*markSize]), m[:markSize]...))
			return b
		}),
		"one twice": change(func(b []byte) []byte {
			copy(b[headSize+markSize:], b[headSize:headSize+markSize])
			return b
		}),
		"one outside the zone": change(func(b []byte) []byte { copy(b[headSize:], []byte{0, 16, 0, 16}); return b }),
		// A cell on from the box's right side is kept in the memory of the next row's left.
		"one a row further right": change(func(b []byte) []byte {
			g := newGrid(shown, w, h)
			m := b[headSize:]
			x, y := binary.BigEndian.Uint16(m), binary.BigEndian.Uint16(m[2:])
			binary.BigEndian.PutUint16(m, x+uint16(g.stride*fine))
			binary.BigEndian.PutUint16(m[2:], y-fine)
			return b
		}),
		"one outside the picture": change(func(b []byte) []byte { copy(b[len(b)-markSize:], []byte{255, 255, 255, 255}); return b }),
	} {
		if _, err := New(shown, w, h, b); !errors.Is(err, ErrReference) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := shrink(t, w, h, [2]int{30, 5}, [2]int{70, 5}, [2]int{70, 95}, [2]int{30, 95})
	if _, err := New(other, w, h, ref); !errors.Is(err, ErrReference) {
		t.Errorf("another zone: %v", err)
	}
	if _, err := New(door(t, w, h-16), w, h-16, ref); !errors.Is(err, ErrReference) {
		t.Errorf("another size: %v", err)
	}
}

// Whatever is taken for a reference is written the same again, and can be held against any picture.
func FuzzReference(f *testing.F) {
	const w, h = 320, 240
	shown := door(f, w, h)
	ref := take(f, shown, w, h)
	g := newGrid(shown, w, h)
	f.Add(ref[headSize:], uint16(len(ref)-headSize)/markSize)
	f.Add(ref, uint16(0))
	frame := raw.New(w, h)
	f.Fuzz(func(t *testing.T, b []byte, count uint16) {
		if count > 0 { // marks under a right head
			b = append(binary.BigEndian.AppendUint16(g.head(), count), b...)
		}
		marks, err := decode(g, b)
		if err != nil {
			if !errors.Is(err, ErrReference) {
				t.Error(err)
			}
			return
		}
		if !bytes.Equal(encode(g, marks), b) {
			t.Error("it is not the same when it is written again")
		}
		watch, err := New(shown, w, h, b)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			boxes(frame, uint64(n/2), 3)
			frame.At += 200 * time.Millisecond
			watch.Look(frame)
		}
	})
}
