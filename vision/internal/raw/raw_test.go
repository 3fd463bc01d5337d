package raw

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// The conversions are checked against their definition, pixel by pixel.
func TestConversions(t *testing.T) {
	const w, h = 6, 4
	rnd := rand.New(rand.NewPCG(1, 2))
	src := make([]byte, w*h*2)
	for i := range src {
		src[i] = byte(rnd.Uint32())
	}
	f := New(w, h)
	if !f.FromYUYV(src) {
		t.Fatal("YUYV of the right length was refused")
	}
	for y := range h {
		for x := range w {
			if f.Y[y*w+x] != src[y*w*2+x*2] {
				t.Fatalf("luma at %d,%d", x, y)
			}
			top, low := src[y&^1*w*2+x&^1*2:], src[(y|1)*w*2+x&^1*2:]
			cb, cr := (int(top[1])+int(low[1])+1)/2, (int(top[3])+int(low[3])+1)/2
			if c := y/2*w/2 + x/2; int(f.Cb[c]) != cb || int(f.Cr[c]) != cr {
				t.Fatalf("chroma at %d,%d: %d %d, want %d %d", x, y, f.Cb[c], f.Cr[c], cb, cr)
			}
		}
	}
	src = src[:w*h*3/2]
	if !f.FromNV12(src) {
		t.Fatal("NV12 of the right length was refused")
	}
	for i := range w * h / 4 {
		if f.Cb[i] != src[w*h+2*i] || f.Cr[i] != src[w*h+2*i+1] {
			t.Fatalf("chroma sample %d of NV12", i)
		}
	}
	if !f.FromI420(src) {
		t.Fatal("I420 of the right length was refused")
	}
	if f.Y[w*h-1] != src[w*h-1] || f.Cb[0] != src[w*h] || f.Cr[w*h/4-1] != src[w*h*3/2-1] {
		t.Fatal("planes of I420")
	}
	for name, from := range map[string]func([]byte) bool{"YUYV": f.FromYUYV, "NV12": f.FromNV12, "I420": f.FromI420} {
		if from(src[:len(src)-1]) || from(nil) {
			t.Errorf("%s of a wrong length was taken", name)
		}
	}
}

func TestCheck(t *testing.T) {
	f := New(32, 16)
	if err := f.Check(32, 16); err != nil {
		t.Error(err)
	}
	if err := f.Check(16, 32); !errors.Is(err, ErrResized) {
		t.Errorf("another size: %v", err)
	}
	f.Cr = f.Cr[1:]
	if err := f.Check(32, 16); !errors.Is(err, ErrResized) {
		t.Errorf("a short plane: %v", err)
	}
}

func TestWipe(t *testing.T) {
	f := New(32, 16)
	f.Y[3], f.Cb[4], f.Cr[5] = 99, 99, 99
	f.Wipe()
	for _, v := range f.Y {
		if v != 16 {
			t.Fatal("luma is left")
		}
	}
	for i := range f.Cb {
		if f.Cb[i] != 128 || f.Cr[i] != 128 {
			t.Fatal("chroma is left")
		}
	}
}

func BenchmarkConvert(b *testing.B) {
	f := New(1280, 720)
	src := make([]byte, 1280*720*2)
	b.Run("720p YUYV", func(b *testing.B) {
		for b.Loop() {
			f.FromYUYV(src)
		}
	})
	b.Run("720p NV12", func(b *testing.B) {
		for b.Loop() {
			f.FromNV12(src[:1280*720*3/2])
		}
	})
	b.Run("720p I420", func(b *testing.B) {
		for b.Loop() {
			f.FromI420(src[:1280*720*3/2])
		}
	})
}
