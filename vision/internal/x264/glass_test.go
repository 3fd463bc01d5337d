package x264

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/look"
	"vestibule/vision/internal/look/replay"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/redact"
	"vestibule/vision/internal/zone"
)

// looks is how glass has come through the encoder, in one plane.
type looks struct {
	jumps  float64 // share of the pixels at block borders with a step of two levels or more that was not there before
	tears  float64 // the same of four levels
	bands  float64 // how far off it is after averaging over 9x9 pixels, in levels (root of the mean square)
	levels float64 // how many are left of the levels that runs of light had, of 1
}

// ugly says what of it an eye would see: blocks, bands, both, or nothing when it is good.
func (l looks) ugly() (what []string) {
	if l.jumps > 0.03 || l.tears > 0.001 {
		what = append(what, "blocks")
	}
	if l.bands > 0.4 || l.levels < 0.9 {
		what = append(what, "bands")
	}
	return what
}

// judge compares a plane that was decoded with the one that was encoded. block is the side of the encoder's blocks
// in it; pane tells where the glass is and nothing else.
func judge(was, is []byte, w, h, block int, pane func(x, y int) bool) looks {
	var l looks
	borders, windows := 0, 0
	border := func(i, j int) {
		d := (int(is[i]) - int(is[j])) - (int(was[i]) - int(was[j]))
		borders++
		if max(d, -d) >= 2 {
			l.jumps++
		}
		if max(d, -d) >= 4 {
			l.tears++
		}
	}
	for y := 1; y < h; y++ {
		for x := 1; x < w; x++ {
			if x%block == 0 && pane(x-1, y) && pane(x, y) {
				border(y*w+x, y*w+x-1)
			}
			if y%block == 0 && pane(x, y-1) && pane(x, y) {
				border(y*w+x, (y-1)*w+x)
			}
		}
	}
	for y := 4; y < h-4; y += 4 {
		for x := 4; x < w-4; x += 4 {
			if !pane(x-4, y-4) || !pane(x+4, y+4) || !pane(x-4, y+4) || !pane(x+4, y-4) {
				continue
			}
			e := 0
			for v := -4; v <= 4; v++ {
				for i := (y+v)*w + x - 4; i <= (y+v)*w+x+4; i++ {
					e += int(is[i]) - int(was[i])
				}
			}
			l.bands += float64(e*e) / (81 * 81)
			windows++
		}
	}
	l.jumps, l.tears = l.jumps/float64(borders), l.tears/float64(borders)
	l.bands = math.Sqrt(l.bands / float64(windows))
	l.levels = kept(was, is, w, h, pane)
	return l
}

// kept counts levels along rows of 128 pixels that run over eight levels at the least.
func kept(was, is []byte, w, h int, pane func(x, y int) bool) float64 {
	const long = 128
	before, after := 0, 0
	for y := 0; y < h; y += 5 {
		for x := 0; x+long <= w; x += long / 2 {
			a, b := map[byte]bool{}, map[byte]bool{}
			for i := x; i < x+long && pane(i, y); i++ {
				a[was[y*w+i]], b[is[y*w+i]] = true, true
			}
			if len(a) >= 8 {
				before, after = before+len(a), after+min(len(b), len(a))
			}
		}
	}
	if before == 0 {
		return 1
	}
	return float64(after) / float64(before)
}

// room is a frame with furniture: large patches of colour, up to most bright.
func room(seed uint64, w, h int, most byte) *raw.Frame {
	rnd := rand.New(rand.NewPCG(seed, 9))
	f := raw.New(w, h)
	for range 30 {
		l, cb, cr := 16+byte(rnd.IntN(int(most)-16)), 112+byte(rnd.IntN(32)), 112+byte(rnd.IntN(32))
		x0, y0 := rnd.IntN(w), rnd.IntN(h)
		x1, y1 := min(x0+w/6+rnd.IntN(w/3), w), min(y0+h/6+rnd.IntN(h/3), h)
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				f.Y[y*w+x], f.Cb[y/2*w/2+x/2], f.Cr[y/2*w/2+x/2] = l, cb, cr
			}
		}
	}
	return f
}

func doors() map[string][][]zone.Point {
	return map[string][][]zone.Point{
		"a door": {{{X: 3875, Y: 444}, {X: 6125, Y: 444}, {X: 6650, Y: 9778}, {X: 3350, Y: 9778}}},
		"three, two at the border": {
			{{X: 0, Y: 1500}, {X: 2200, Y: 1500}, {X: 2200, Y: 6500}, {X: 0, Y: 6500}},
			{{X: 4200, Y: 5200}, {X: 6900, Y: 5200}, {X: 7400, Y: 10000}, {X: 3900, Y: 10000}},
			{{X: 8000, Y: 800}, {X: 9200, Y: 800}, {X: 9200, Y: 3000}, {X: 8000, Y: 3000}},
		},
	}
}

// somebody is a shadow as a person leaves it.
func somebody() (s glass.Shadow) {
	for row := 2; row < glass.Rows; row++ {
		s.Set(row, 11)
		if row > 2 {
			s.Set(row, 12)
		}
	}
	return s
}

// composed is a picture with glass in one of its modes, and the blocks that are shown in it.
func composed(t *testing.T, w, h int, mode, door string) (*redact.Picture, *zone.Blocks) {
	t.Helper()
	shown, err := zone.Shrink(doors()[door], false, w, h)
	if err != nil {
		t.Fatal(err)
	}
	most := byte(235)
	if mode == "night" {
		most = 64
	}
	f := room(5, w, h, most)
	r := redact.New(redact.Config{Width: w, Height: h, Zone: shown, Blur: mode != "frosted", Nonce: [16]byte{3, 4}, Fade: 1})
	r.Settle(glass.Measure(f, shown))
	if mode == "somebody" || mode == "night" {
		r.SetShadow(somebody())
	}
	return r.Compose(f), shown
}

// The glass comes through the encoder smooth, at 2000 kbit/s: no blocks and no bands, in any plane, at every
// size and in every mode (with VESTIBULE_LONG or VESTIBULE_PICTURES; else one mode each, and not the largest).
func TestGlassComesThroughSmooth(t *testing.T) {
	modes := []string{"frosted", "blur", "night", "somebody"}
	all := os.Getenv("VESTIBULE_LONG") != "" || os.Getenv("VESTIBULE_PICTURES") != ""
	for i, size := range [][2]int{{1280, 720}, {960, 540}, {720, 1280}, {640, 480}, {1920, 1080}} {
		for j, mode := range modes {
			for door := range doors() {
				w, h := size[0], size[1]
				if !all && (i != j || door != "a door" && w != 640) {
					continue
				}
				t.Run(fmt.Sprintf("%dx%d %s, %s", w, h, mode, door), func(t *testing.T) {
					p, shown := composed(t, w, h, mode, door)
					e, err := Open(Config{Width: w, Height: h, FPS: 30, Kbit: 2000, Recon: true})
					if err != nil {
						t.Fatal(err)
					}
					defer e.Close()
					var stream []byte
					for i := range 3 {
						if i > 0 {
							e.After(p.Y, p.Cb, p.Cr) // as vision/encode does
						}
						unit, _, err := e.Encode(p.Y, p.Cb, p.Cr)
						if err != nil {
							t.Fatal(err)
						}
						stream = append(stream, unit...)
					}
					y, cb, cr := e.Seen()
					pane := func(scale int) func(x, y int) bool {
						// The frame is no more than 28 pixels wide.
						return func(x, y int) bool {
							x, y = x*scale, y*scale
							for _, d := range [3]int{-30, 0, 30} {
								if shown.Shown(x+d, y-30) || shown.Shown(x+d, y) || shown.Shown(x+d, y+30) {
									return false
								}
							}
							return true
						}
					}
					for name, l := range map[string]looks{
						"luma": judge(p.Y, y, w, h, 16, pane(1)), "Cb": judge(p.Cb, cb, w/2, h/2, 8, pane(2)), "Cr": judge(p.Cr, cr, w/2, h/2, 8, pane(2)),
					} {
						t.Logf("%s: %+v", name, l)
						if why := l.ugly(); why != nil {
							t.Errorf("%s: %s are seen: %+v", name, why, l)
						}
					}
					if mode == "somebody" && w == 640 {
						decodes(t, stream, y)
					}
					if dir := os.Getenv("VESTIBULE_PICTURES"); dir != "" {
						if err := look.PNG(filepath.Join(dir, fmt.Sprintf("through %dx%d %s, %s.png", w, h, mode, door)), w, h, y, cb, cr); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
	}
}

// decodes fails unless a decoder sees what the encoder says that it will.
func decodes(t *testing.T, stream, y []byte) {
	t.Helper()
	m, err := replay.Last(t.TempDir(), stream, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	luma, err := replay.Luma(m)
	if err != nil {
		t.Fatal(err)
	}
	var off float64
	for i, v := range luma {
		off += math.Abs(float64(v) - float64(y[i]))
	}
	if off /= float64(len(luma)); off > 1.5 { // the decoder's rounding on the way to BGR
		t.Errorf("a decoder sees another luma, by %.2f levels", off)
	}
}

// The positive control: glass as a mosaic of 16 pixels shows blocks, and glass of few levels shows bands.
func TestUglyGlassIsSeen(t *testing.T) {
	p := glass.Frosted(1280, 720, [16]byte{3, 4})
	all := func(int, int) bool { return true }
	mosaic, poster := make([]byte, len(p.Y)), make([]byte, len(p.Y))
	for i, v := range p.Y {
		mosaic[i] = p.Y[i/1280&^15*1280+i%1280&^15]
		poster[i] = v/4*4 + 2
	}
	if why := judge(p.Y, mosaic, 1280, 720, 16, all).ugly(); !slices.Contains(why, "blocks") {
		t.Errorf("in a mosaic %q are seen", why)
	}
	if why := judge(p.Y, poster, 1280, 720, 16, all).ugly(); !slices.Contains(why, "bands") {
		t.Errorf("in a poster %q are seen", why)
	}
	if why := judge(p.Y, p.Y, 1280, 720, 16, all).ugly(); why != nil {
		t.Errorf("in the glass itself %q are seen", why)
	}
}
