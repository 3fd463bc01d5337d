// Package room draws the homes that the attacks are tried on: procedural rooms with furniture, posters with
// random letters, screens, lamps, photographs and people, a doorway with a courier, and a camera that shakes
// and has a sensor's noise. Everything comes from seeds, so two pictures can be made to differ in the interior
// alone, to the byte.
package room

import (
	"bytes"
	"math/bits"
	"math/rand/v2"

	"vestibule/vision/internal/glass"
	"vestibule/vision/internal/raw"
	"vestibule/vision/internal/zone"
)

// Margin is how far a camera may shake, in pixels, either way.
const Margin = 8

// Picture is what a camera without noise would see, with a margin around it for its shaking. Rows are
// packed, Width+2*Margin wide; chroma is halved both ways.
type Picture struct {
	Width, Height, Margin int
	Y, Cb, Cr             []byte
}

func newPicture(width, height, margin int) *Picture {
	n := (width + 2*margin) * (height + 2*margin)
	return &Picture{width, height, margin, make([]byte, n), make([]byte, n/4), make([]byte, n/4)}
}

// World is a size and what of it is shown.
type World struct {
	Width, Height int
	Zone          *zone.Blocks
	noise         []byte
}

// Doorway is the zone's polygon: about a quarter of the picture.
var Doorway = []zone.Point{{X: 3875, Y: 444}, {X: 6125, Y: 444}, {X: 6650, Y: 9778}, {X: 3350, Y: 9778}}

const noiseSpan = 1 << 16

// NewWorld returns a world with a doorway in its middle, or with other zones.
func NewWorld(width, height int, zones ...[]zone.Point) (*World, error) {
	if zones == nil {
		zones = [][]zone.Point{Doorway}
	}
	z, err := zone.Shrink(zones, false, width, height)
	if err != nil {
		return nil, err
	}
	w := &World{Width: width, Height: height, Zone: z, noise: make([]byte, noiseSpan+2048)}
	for i := range w.noise {
		// Of eight coins the number of heads: nearly a bell, 1.4 steps wide.
		w.noise[i] = byte(bits.OnesCount8(uint8(mix(uint64(i)*0x9e3779b97f4a7c15) >> 24)))
	}
	return w, nil
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Shot is one frame to be taken. The doorway and the interior have noise of their own, so that frames can
// be made that differ in the interior only.
type Shot struct {
	Inside, Outside *Picture
	ShakeX, ShakeY  int     // pixels, -Margin..Margin
	Light           float64 // how bright the interior is; 0 is taken as 1
	Noise           uint64  // the interior's
	OutsideNoise    uint64
	Still           bool // no noise inside
}

// Take takes a frame.
func (w *World) Take(s Shot, into *raw.Frame) {
	if s.Light == 0 {
		s.Light = 1
	}
	var lit [256]byte
	for i := range lit {
		lit[i] = luma(16 + float64(i-16)*s.Light)
	}
	for y := range w.Height {
		src, noise := s.Inside.row(y+s.ShakeY, s.ShakeX, w.Width), w.noise[mix(s.Noise<<12^uint64(y))%noiseSpan:][:w.Width]
		dst := into.Y[y*w.Width : (y+1)*w.Width]
		if s.Still {
			for x := range dst {
				dst[x] = lit[src[x]]
			}
			continue
		}
		for x := range dst {
			dst[x] = lit[src[x]] + noise[x] - 4
		}
	}
	for y := range w.Height / 2 {
		cb, cr := s.Inside.chroma(y+s.ShakeY>>1, s.ShakeX>>1, w.Width/2)
		copy(into.Cb[y*w.Width/2:], cb)
		copy(into.Cr[y*w.Width/2:], cr)
	}
	if s.Outside != nil {
		w.doorway(s, into)
	}
}

// doorway lays what lies outside into the zone.
func (w *World) doorway(s Shot, into *raw.Frame) {
	for _, r := range w.Zone.Runs() {
		for y := r.Y; y < r.Y+zone.Block; y++ {
			src, noise := s.Outside.row(y+s.ShakeY, s.ShakeX+r.X, r.N), w.noise[mix(s.OutsideNoise<<12^uint64(y))%noiseSpan:]
			dst := into.Y[y*w.Width+r.X:][:r.N]
			for x := range dst {
				dst[x] = src[x] + noise[x] - 4
			}
		}
		for y := r.Y / 2; y < (r.Y+zone.Block)/2; y++ {
			cb, cr := s.Outside.chroma(y+s.ShakeY>>1, s.ShakeX>>1+r.X/2, r.N/2)
			copy(into.Cb[y*w.Width/2+r.X/2:], cb)
			copy(into.Cr[y*w.Width/2+r.X/2:], cr)
		}
	}
}

func (p *Picture) row(y, x, n int) []byte {
	stride := p.Width + 2*p.Margin
	return p.Y[(y+p.Margin)*stride+x+p.Margin:][:n]
}

func (p *Picture) chroma(y, x, n int) (cb, cr []byte) {
	stride := (p.Width + 2*p.Margin) / 2
	at := (y+p.Margin/2)*stride + x + p.Margin/2
	return p.Cb[at:][:n], p.Cr[at:][:n]
}

// Hidden returns the indices of the hidden pixels, row by row.
func (w *World) Hidden() []int {
	var at []int
	for i := range w.Width * w.Height {
		if !w.Zone.Shown(i%w.Width, i/w.Width) {
			at = append(at, i)
		}
	}
	return at
}

// Grain lays a sensor's noise over a clean frame.
func (w *World) Grain(clean *raw.Frame, seed uint64, into *raw.Frame) {
	for y := range w.Height {
		noise := w.noise[mix(seed<<12^uint64(y))%noiseSpan:][:w.Width]
		src, dst := clean.Y[y*w.Width:(y+1)*w.Width], into.Y[y*w.Width:(y+1)*w.Width]
		for x := range dst {
			dst[x] = src[x] + noise[x] - 4
		}
	}
	copy(into.Cb, clean.Cb)
	copy(into.Cr, clean.Cr)
}

// Twin makes a frame's interior another one of the same tint: within each cell of the tint's grid nothing is where it
// was, and every cell's mean is moved by up to 4, as far as its 12 bits stay the same.
func (w *World) Twin(f *raw.Frame, rnd *rand.Rand) {
	was := glass.Measure(f, w.Zone)
	planes := [3]hiddenCells{w.hidden(f.Y, 1), w.hidden(f.Cb, 2), w.hidden(f.Cr, 2)}
	for _, p := range planes {
		for _, at := range p.cells {
			rnd.Shuffle(len(at), func(i, j int) { p.plane[at[i]], p.plane[at[j]] = p.plane[at[j]], p.plane[at[i]] })
		}
	}
	var by [3][glass.Rows * glass.Cols]int
	for k := range by {
		for c := range by[k] {
			by[k][c] = rnd.IntN(9) - 4
		}
	}
	now := w.moved(f, planes, by)
	for c := range by[0] {
		if now.Cell(c) != was.Cell(c) { // its step cannot bear it
			by[0][c], by[1][c], by[2][c] = 0, 0, 0
		}
	}
	for k, p := range planes {
		p.move(by[k])
	}
}

// moved is the tint of a frame whose cells' means are moved.
func (w *World) moved(f *raw.Frame, planes [3]hiddenCells, by [3][glass.Rows * glass.Cols]int) glass.Tint {
	var kept [3][]byte
	for k, p := range planes {
		kept[k] = bytes.Clone(p.plane)
		p.move(by[k])
	}
	now := glass.Measure(f, w.Zone)
	for k, p := range planes {
		copy(p.plane, kept[k])
	}
	return now
}

// hiddenCells are the hidden samples of a plane, by the cells of the tint's grid.
type hiddenCells struct {
	plane []byte
	cells [glass.Rows * glass.Cols][]int
}

func (w *World) hidden(plane []byte, scale int) hiddenCells {
	h := hiddenCells{plane: plane}
	width, height := w.Width/scale, w.Height/scale
	for i := range plane {
		x, y := i%width, i/width
		if !w.Zone.Shown(x*scale, y*scale) {
			c := y*glass.Rows/height*glass.Cols + x*glass.Cols/width
			h.cells[c] = append(h.cells[c], i)
		}
	}
	return h
}

// move adds to each cell's samples.
func (h hiddenCells) move(by [glass.Rows * glass.Cols]int) {
	for c, at := range h.cells {
		for _, i := range at {
			h.plane[i] = byte(min(max(int(h.plane[i])+by[c], 0), 255))
		}
	}
}
