package subject

import (
	"math"
	"math/rand/v2"
	"testing"

	"vestibule/vision/attack/internal/room"
	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
)

func frame(t *testing.T, seed uint64) (*room.World, *raw.Frame) {
	t.Helper()
	w, err := room.NewWorld(320, 240)
	if err != nil {
		t.Fatal(err)
	}
	f := raw.New(320, 240)
	w.Take(room.Shot{Inside: room.Room{Seed: seed}.Draw(w), Outside: room.Outside(w, 1, 0.5)}, f)
	return w, f
}

// What blur is held against is neither more nor less than what blur gives: the copy that is drawn from the
// tint is the very picture, and the tint's luma can be read back from the glass.
func TestTheTintIsWhatTheGlassTells(t *testing.T) {
	w, f := frame(t, 5)
	d := Delivery{Width: 320, Height: 240, Zone: w.Zone, Nonce: [16]byte{3}}
	blur, copied := Blur().Open(d).Show(f), Tint().Open(d).Show(f)
	for i := range blur.Y {
		if blur.Y[i] != copied.Y[i] {
			t.Fatalf("pixel %d differs", i)
		}
	}
	r, err := NewReader(d)
	if err != nil {
		t.Fatal(err)
	}
	got, want := r.Read(blur), TintSteps(glass.Measure(f, w.Zone))
	wrong := 0
	for c := range want {
		x, y := c%glass.Cols*20, c/glass.Cols*240/9
		if w.Zone.Shown(x, y) && w.Zone.Shown(x+19, y+26) {
			continue
		}
		if step := math.Round((got[c] - Floor) / Step); step != float64(want[c]) {
			wrong++
		}
	}
	if wrong > 2 { // beside the zone little of a cell is left
		t.Errorf("%d of %d cells are read wrong", wrong, Cells)
	}
}

func TestPackTint(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var y, cb, cr [Cells]byte
	for i := range y {
		y[i], cb[i], cr[i] = byte(rnd.IntN(16)), byte(rnd.IntN(16)), byte(rnd.IntN(16))
	}
	if TintSteps(PackTint(y, cb, cr)) != y {
		t.Error("the steps are not what was packed")
	}
}

// Each weak redaction hides something and shows the zone.
func TestWeakRedactionsHide(t *testing.T) {
	w, f := frame(t, 6)
	for _, r := range []Redaction{
		Mosaic(16), MovingMosaic(12), NoisyMosaic(16, 30), Gauss(8), OnePixelShort(), CutOut(), Thrifty(), Frosted(), Blur(), Tint(),
	} {
		p := r.Open(Delivery{Width: 320, Height: 240, Zone: w.Zone, Seed: 4}).Show(f)
		differ := 0
		for i := range p.Y {
			if p.Y[i] != f.Y[i] {
				differ++
				if w.Zone.Shown(i%320, i/320) {
					t.Fatalf("%s: pixel %d is in the zone and is not the camera's", r.Name, i)
				}
			}
		}
		if differ < len(p.Y)/4 {
			t.Errorf("%s: only %d pixels are hidden", r.Name, differ)
		}
	}
}

// A mosaic by hand, and a Gaussian of one point.
func TestMosaicAndGauss(t *testing.T) {
	w, f := frame(t, 7)
	p := Mosaic(16).Open(Delivery{Width: 320, Height: 240, Zone: w.Zone}).Show(f)
	sum := 0
	for y := range 16 {
		for x := range 16 {
			sum += int(f.Y[(y+32)*320+x+16])
		}
	}
	if got, want := p.Y[40*320+20], byte(float64(sum)/256+0.5); got != want {
		t.Errorf("a cell is %d, want %d", got, want)
	}
	src, dst := make([]float32, 64*64), make([]float32, 64*64)
	src[32*64+32] = 255
	Smooth(dst, src, 64, 64, Kernel(1), make([]float32, 64*64))
	for _, at := range [3][2]int{{0, 0}, {1, 0}, {1, 1}} {
		want := 255 / (2 * math.Pi) * math.Exp(-float64(at[0]*at[0]+at[1]*at[1])/2)
		if got := float64(dst[(32+at[1])*64+32+at[0]]); math.Abs(got-want) > 1 {
			t.Errorf("at %v: %v, want %v", at, got, want)
		}
	}
}
