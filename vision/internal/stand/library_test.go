//go:build !race

package stand_test

import (
	"image"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"gocv.io/x/gocv"
)

// examples is where Debian's package opencv-doc has its pictures.
const examples = "/usr/share/doc/opencv-doc/examples/data"

// grey is a picture of luma alone.
type grey struct {
	w, h int
	pix  []byte
}

func newGrey(w, h int) *grey { return &grey{w, h, make([]byte, w*h)} }

const (
	point = 20 // binary places of a coordinate
	one   = 1 << point
)

func fixed(v float64) int { return int(math.Floor(v*one + 0.5)) }

// sample is the luma between pixels in 1/16; outside it is that of the nearest pixel.
func (g *grey) sample(x, y int) int {
	x, y = min(max(x, 0), (g.w-1)<<point-1), min(max(y, 0), (g.h-1)<<point-1)
	s, t := x>>(point-8)&255, y>>(point-8)&255
	p := g.pix[y>>point*g.w+x>>point:]
	q := p[g.w:]
	return (((int(p[0])*(256-s) + int(p[1])*s) * (256 - t)) + (int(q[0])*(256-s)+int(q[1])*s)*t) >> 12
}

// cover scales a part of the picture to w x h pixels, by means where it gets smaller.
func (g *grey) cover(w, h int, r *rand.Rand) *grey {
	k := max(float64(w)/float64(g.w), float64(h)/float64(g.h))
	if r != nil && k < 1 {
		k += (min(1, k*1.6) - k) * r.Float64()
	}
	x0, y0 := (float64(g.w)-float64(w)/k)/2, (float64(g.h)-float64(h)/k)/2
	if r != nil {
		x0, y0 = 2*x0*r.Float64(), 2*y0*r.Float64()
	}
	out := newGrey(w, h)
	n := max(int(math.Ceil(1/k)), 1)
	step := fixed(1 / k / float64(n))
	for y := range h {
		for x := range w {
			sum, v := 0, fixed(y0+(float64(y)+0.5/float64(n))/k-0.5)
			for range n {
				u := fixed(x0 + (float64(x)+0.5/float64(n))/k - 0.5)
				for range n {
					sum += g.sample(u, v)
					u += step
				}
				v += step
			}
			out.pix[y*w+x] = byte((sum/(n*n) + 8) / 16)
		}
	}
	return out
}

func loadGrey(path string) (*grey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	g := newGrey(b.Dx(), b.Dy())
	for y := range g.h {
		for x := range g.w {
			r, gr, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			g.pix[y*g.w+x] = byte(16 + (0.257*float64(r)+0.504*float64(gr)+0.098*float64(bl))/257)
		}
	}
	return g, nil
}

// photos are still pictures of all kinds of things.
var photos = [...]string{
	"home.jpg", "building.jpg", "leuvenA.jpg", "leuvenB.jpg", "graf1.png", "left.jpg", "right.jpg", "box_in_scene.png",
	"aloeL.jpg", "board.jpg", "rubberwhale1.png", "basketball1.png", "aero1.jpg", "left01.jpg", "left05.jpg",
	"licenseplate_motion.jpg", "fruits.jpg", "squirrel_cls.jpg", "baboon.jpg", "messi5.jpg", "starry_night.jpg", "butterfly.jpg",
}

// cutout is somebody without what is behind.
type cutout struct {
	*grey
	mask []byte // 0..255
}

// library holds real pictures.
type library struct {
	photos []*grey
	people []cutout
	street []*grey // frames of vtest.avi, five a second
}

var loaded = sync.OnceValues(loadLibrary)

// pictures returns the library, or skips the test where it is not installed.
func pictures(t *testing.T) *library {
	t.Helper()
	l, err := loaded()
	if err != nil {
		t.Skipf("the pictures of Debian's package opencv-doc are not here: %v", err)
	}
	return l
}

func loadLibrary() (*library, error) {
	l := &library{}
	for _, name := range photos {
		g, err := loadGrey(filepath.Join(examples, name))
		if err != nil {
			return nil, err
		}
		l.photos = append(l.photos, g)
	}
	frames, err := film(filepath.Join(examples, "vtest.avi"), 2)
	if err != nil {
		return nil, err
	}
	l.street = frames
	l.people = cutPeople(frames)
	return l, nil
}

// film reads every n-th frame of a video's luma.
func film(path string, every int) (frames []*grey, err error) {
	c, err := gocv.VideoCaptureFileWithAPI(path, gocv.VideoCaptureFFmpeg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	m, y := gocv.NewMat(), gocv.NewMat()
	defer m.Close()
	defer y.Close()
	for n := 0; c.Read(&m); n++ {
		if n%every != 0 {
			continue
		}
		gocv.CvtColor(m, &y, gocv.ColorBGRToGray)
		g := newGrey(y.Cols(), y.Rows())
		for i, v := range y.ToBytes() {
			g.pix[i] = byte(16 + int(v)*219/255)
		}
		frames = append(frames, g)
	}
	return frames, nil
}

// cutPeople cuts out what stands before the footage's background.
func cutPeople(frames []*grey) (people []cutout) {
	w, h := frames[0].w, frames[0].h
	back := newGrey(w, h)
	var vals []byte
	for i := range back.pix {
		vals = vals[:0]
		for n := 0; n < len(frames); n += len(frames) / 15 {
			vals = append(vals, frames[n].pix[i])
		}
		slices.Sort(vals)
		back.pix[i] = vals[len(vals)/2]
	}
	for n := 5; n < len(frames); n += 20 {
		f := frames[n]
		on := make([]bool, w*h)
		for i := range on {
			d := int(f.pix[i]) - int(back.pix[i])
			on[i] = d > 18 || d < -18
		}
		// Closed, so that one person is one piece.
		on = grow(grow(on, w, h), w, h)
		seen := make([]bool, w*h)
		for i := range on {
			if !on[i] || seen[i] {
				continue
			}
			x0, y0, x1, y1 := w, h, 0, 0
			stack := []int{i}
			seen[i] = true
			var all []int
			for len(stack) > 0 {
				c := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				all = append(all, c)
				x, y := c%w, c/w
				x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
				for _, d := range [4]int{-1, 1, -w, w} {
					if e := c + d; e >= 0 && e < w*h && on[e] && !seen[e] && (d != 1 || x < w-1) && (d != -1 || x > 0) {
						seen[e] = true
						stack = append(stack, e)
					}
				}
			}
			if y1-y0 < 80 || x1-x0 > y1-y0 || x1-x0 < 20 || x0 == 0 || y0 == 0 || x1 == w || y1 == h {
				continue
			}
			c := cutout{newGrey(x1-x0, y1-y0), make([]byte, (x1-x0)*(y1-y0))}
			for _, p := range all {
				c.mask[(p/w-y0)*c.w+p%w-x0] = 255
			}
			for y := range c.h {
				copy(c.pix[y*c.w:(y+1)*c.w], f.pix[(y0+y)*w+x0:])
			}
			people = append(people, c)
		}
	}
	return people
}

func grow(on []bool, w, h int) []bool {
	out := make([]bool, len(on))
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			out[i] = on[i] || on[i-1] || on[i+1] || on[i-w] || on[i+w]
		}
	}
	return out
}
